"""The pages about devices: how each does, its plates, and the calibration of a plate with a known weight."""
