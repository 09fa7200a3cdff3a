"""What offers take off a cart: which of them apply, in what order, and how much of it falls to each line."""
