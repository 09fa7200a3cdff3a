"""The network that finds a hand and its landmarks, trained on simulated hands alone."""
