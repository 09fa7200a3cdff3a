"""Doors: what a reader tells a door controller, as bits on two wires (Wiegand) or frames on a bus (OSDP)."""
