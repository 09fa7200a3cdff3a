"""Visits, parties, virtual carts: a pure state machine over events."""
