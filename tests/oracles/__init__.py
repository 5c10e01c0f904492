"""Independent and slow: what fast code is compared with. Nothing here imports what it checks."""
