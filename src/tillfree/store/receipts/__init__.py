"""Receipts reach their shoppers: links, the exit, the kiosk, e-mail, and what they say is wrong."""
