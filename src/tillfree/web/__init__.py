"""The operator console in a browser: pages for a shop manager and an engineer, over a store that runs."""
