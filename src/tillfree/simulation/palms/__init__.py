"""Palms that belong to nobody: their looks in visible and near-infrared light, whole hands, and attacks on a station."""
