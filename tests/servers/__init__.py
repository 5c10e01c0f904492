"""Fixtures that give a test its own database and its own corner of a broker. See ``fixtures.py``."""
