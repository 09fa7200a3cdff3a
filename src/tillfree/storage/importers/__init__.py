"""Importers: recordings of other systems, read as they lie and turned into events while they are read."""
