"""The gate of a simulated shop: what its people hold, the terminal they tap, and what goes wrong with the network."""
