"""The desk at the gate: looks up what is known, decides, and remembers."""
