"""Whose palm is this, of very many: search over keyed bits, and the decision that follows from it."""

from tillfree.palm.index.doubles import Double, Newcomer, enrol_all, find_doubles
from tillfree.palm.index.gallery import Candidate, PalmIndex
from tillfree.palm.index.identification import Identification, Ranked, Reference, identify, rank

__all__ = [
    "Candidate",
    "Double",
    "Identification",
    "Newcomer",
    "PalmIndex",
    "Ranked",
    "Reference",
    "enrol_all",
    "find_doubles",
    "identify",
    "rank",
]
