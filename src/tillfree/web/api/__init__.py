"""Tillfree's own HTTP API for retailers and integrators: described in OpenAPI, answered in JSON."""
