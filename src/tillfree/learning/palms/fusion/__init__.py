"""How much each opinion about two palms counts, learned from simulated palms."""
