"""Webhooks at work: what was announced becomes messages, which are sent until they have arrived."""
