"""Wiring: one module a role, the only places where objects are put together."""
