"""Schedulers in processes of their own, and cases of every sort that are due for them."""
