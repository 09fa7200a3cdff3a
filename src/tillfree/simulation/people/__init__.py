"""Shoppers before any sensor sees them: when they come, what for, where they walk, how their bodies move."""
