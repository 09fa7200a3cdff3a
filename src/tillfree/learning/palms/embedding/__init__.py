"""Training of the network that turns a palm region into an embedding, on simulated palms alone."""
