"""The rules of a case, pure: standard library only, no ``await``, and time always comes in as an argument."""
