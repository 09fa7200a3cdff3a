"""Recordings on disk: every event of a shop in one file that replays exactly."""
