"""RFID: which tag is where, and what readers hear of it."""
