"""Simulated cards, a processor that misbehaves by a seeded table, a card terminal, and local mocks of two APIs."""
