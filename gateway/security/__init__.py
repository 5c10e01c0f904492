"""Keys of clients and signed references."""
