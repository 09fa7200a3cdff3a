"""Cases that the model is unsure of, decided by a person from carts and evidence, never by watching live people."""
