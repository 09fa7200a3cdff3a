"""What the parts of our MCAP files are called, for those who write and those who read them."""

__all__ = ["METADATA", "SHOP", "TOPIC_PREFIX", "TRUE_PEOPLE", "TRUTH", "WARNINGS"]

TOPIC_PREFIX = "/tillfree/"
TRUE_PEOPLE = "/truth/people"
"""The topic of `TruePeople`: no sensor says it, and no replay reads it."""
SHOP = "shop.json"
TRUTH = "truth.json"
METADATA = "tillfree"
WARNINGS = "tillfree.warnings"
