"""The synthetic store: shoppers, plates and hands with their ground truth."""
