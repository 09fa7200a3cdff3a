"""Simulated palm regions in visible and near-infrared light: an identity is a geometry, its samples differ in all else."""
