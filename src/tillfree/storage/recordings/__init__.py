"""Recordings: a shop, its events in order, and the truth where it is known."""
