"""The pages about goods on the shelves: stock and alerts, counting, what to bring, and restocking a fixture."""
