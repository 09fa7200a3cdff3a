"""Simulated palm regions in visible and near-infrared light: an identity is a geometry, samples differ in all else."""
