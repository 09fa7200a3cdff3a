"""Learns from simulated captures what each fault of a sample costs."""
