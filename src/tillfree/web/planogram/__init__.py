"""Where each product lies: shelves as drawn from the front, products moved on them, import and export."""
