"""Entries in the console: who was let in or refused and why, blocked credentials, checks of age."""
