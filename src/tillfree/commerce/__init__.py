"""Price, tax, total and receipt of a cart, in integer minor units."""
