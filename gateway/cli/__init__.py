"""The command ``darcha``. Exit codes: 0 done, 1 the thing asked about is wrong, 2 the call is wrong, 3 no gateway."""
