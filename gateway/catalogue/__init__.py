"""Reads and checks ``schemas/`` and ``contracts/`` into the frozen models of the domain."""
