"""Training of detectors on simulated pictures: what is drawn, what is learned from it, and how well it is known."""
