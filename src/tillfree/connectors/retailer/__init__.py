"""The retailer API that retailers know: its messages, its signatures, and a client of the retailer's connectors."""
