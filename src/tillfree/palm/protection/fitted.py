"""Numbers of the fusion of protected scores; a stand-in until they are fitted."""

__all__ = ["BIAS", "LOG_RATIOS", "SCORES", "WEIGHTS"]

WEIGHTS = (20.0, 20.0, 20.0, 20.0, 20.0)
BIAS = -15.0
SCORES = (-60.0, 60.0)
LOG_RATIOS = (-30.0, 30.0)
