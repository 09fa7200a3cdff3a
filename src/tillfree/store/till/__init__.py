"""A trip becomes money: entry, hold, receipt, payment, and what is owed, whatever breaks in between."""
