"""Telling people outside: alerts about incidents."""
