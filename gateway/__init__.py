"""Darcha: an interoperability gateway between one window and the agencies behind it."""
