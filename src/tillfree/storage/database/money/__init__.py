"""What is remembered of trips and money: trips, payments, the ledger, receipts on their way, disputes."""
