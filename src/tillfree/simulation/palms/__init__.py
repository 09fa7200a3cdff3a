"""Simulated palms: hands and palms that nobody has, to learn from and to test with."""
