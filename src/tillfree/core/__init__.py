"""The vocabulary: ids, units, time, money, geometry, and the tagged union of events."""
