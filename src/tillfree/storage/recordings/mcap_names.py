"""What the parts of our MCAP files are called, for those who write and those who read them."""

__all__ = ["METADATA", "SHOP", "TOPIC_PREFIX", "TRUTH", "WARNINGS"]

TOPIC_PREFIX = "/tillfree/"
SHOP = "shop.json"
TRUTH = "truth.json"
METADATA = "tillfree"
WARNINGS = "tillfree.warnings"
