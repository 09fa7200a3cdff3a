"""To the systems of others: the retailer's, payment processors and terminals, mail, files for accounts and stock."""
