"""A detector of people that has never seen a real one: drawn people before drawn backgrounds, and a small network."""
