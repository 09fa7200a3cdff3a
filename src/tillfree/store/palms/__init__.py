"""The desk of palms: enrols, recognises and forgets people, and says what a palm may do where."""
