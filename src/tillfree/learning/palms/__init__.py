"""What palms are known by is learned from palms that nobody has."""
