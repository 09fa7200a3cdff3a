"""Attacks on protected palms, with what they need and how far they come: the questions of ISO/IEC 24745 and 30136."""
