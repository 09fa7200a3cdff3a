"""Camera frames of a simulated shop: colour, depth, and what each pixel shows, traced on the processor."""
