"""Sales as files for other systems: tables for accounts, and EPCIS documents for the supply chain."""
