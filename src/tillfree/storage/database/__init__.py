"""What a store remembers between two starts: visits, decisions of people, stock, staff, and who did what."""
