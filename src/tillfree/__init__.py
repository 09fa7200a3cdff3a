"""Tillfree: an open, checkout-free retail platform.

Sensor streams of a shop become the right receipt for each shopper, with a probability on every line.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
