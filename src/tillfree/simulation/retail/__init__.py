"""A simulated retailer: connectors that answer as a real one would, or misbehave as a real one may."""
