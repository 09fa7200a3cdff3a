"""The floor as it is now: a map, carts and events, sent to every browser that looks."""
