"""What was sold, gathered from what the store remembers, for files of other systems."""
