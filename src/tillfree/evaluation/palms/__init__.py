"""How well palms are told apart: a folder of pictures in, error rates with bounds and a report out."""
