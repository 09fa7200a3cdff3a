"""What is remembered for other systems: keys, webhooks, answers given before, uploads."""
