"""Weights of the cues of liveness, from simulated presentations: `python -m tillfree.learning.palms.liveness`."""
