"""One running store: the components wired together, its settings, its order of events."""
