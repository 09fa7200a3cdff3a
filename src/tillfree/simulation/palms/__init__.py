"""Palms that nobody has: whole hands and palm regions, drawn from numbers."""
