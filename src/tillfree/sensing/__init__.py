"""Weight samples become weight changes, for a shelf or a cart."""
