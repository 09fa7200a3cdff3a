"""Who of very many could this be? Search over keyed bits, and the decision that follows from it."""

from tillfree.palm.index.gallery import Candidate, PalmIndex

__all__ = ["Candidate", "PalmIndex"]
