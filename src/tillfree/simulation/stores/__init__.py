"""Simulated stores by name: furniture, invented goods, doors and cameras of one kind of store each."""
