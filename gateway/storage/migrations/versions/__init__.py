"""One file a change of the schema; the number gives the order."""
