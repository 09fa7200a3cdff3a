"""Trips, payments and the ledger in the console."""
