"""The store and the retailer's systems: who is at the gate, carts that go out, an event feed, files of sales."""
