"""The numbers on RFID tags: an item's GTIN and its serial, packed into 96 bits."""
