"""How simulated people behave in a shop: each act is one small class, and one table lists them all."""
