"""From a hold at the gate to a refund: a pure state machine, what it asks of a processor, and the ledger of it all."""
