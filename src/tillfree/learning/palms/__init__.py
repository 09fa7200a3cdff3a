"""Training of all that reads palms, on palms that nobody has."""
