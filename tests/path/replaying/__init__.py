"""Replays worked off in processes of their own."""
