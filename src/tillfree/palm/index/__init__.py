"""Which palms look most like this one, of very many: search over keyed bits."""

from tillfree.palm.index.gallery import Candidate, PalmIndex

__all__ = ["Candidate", "PalmIndex"]
