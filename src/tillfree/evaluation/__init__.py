"""Replay, scoring, calibration and reports."""
