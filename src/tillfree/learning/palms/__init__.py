"""Training of the networks that read palms, on simulated hands and skin alone."""
