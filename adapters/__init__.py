"""Adapters: one folder a protocol. Each is a plug-in, found through the entry point group ``darcha.adapters``."""
