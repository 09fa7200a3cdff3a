"""Finished visits: the list, each visit with its receipt, and the evidence behind every line."""
