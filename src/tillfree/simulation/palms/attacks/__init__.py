"""Presentations at a palm station, live and faked: a few frames of a hovering hand, a print, a screen or a replica."""
