"""A hovering hand becomes a palm, a template that can be revoked, and a score whose odds are known."""
