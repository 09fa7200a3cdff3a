"""What may be stored of a palm: keyed bits that can be revoked, differ from site to site, and show no palm."""

from tillfree.palm.protection.protector import EMBEDDING_BITS, SEARCH_BITS, ProtectedProbe, Protector
from tillfree.palm.protection.template import ProtectedTemplate

__all__ = ["EMBEDDING_BITS", "SEARCH_BITS", "ProtectedProbe", "ProtectedTemplate", "Protector"]
