"""Payment processors of others, each behind the one protocol that the till speaks."""
