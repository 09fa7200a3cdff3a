"""What is kept of palms: sealed rows in a file of their own, with the keys in a folder apart from it."""
