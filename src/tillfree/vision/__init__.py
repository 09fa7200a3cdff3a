"""Frames become detections: who stands where in a picture."""
