"""The platform side of the retailer API that retailers know: catalogue, carts, charges, refunds."""
