"""What shoppers say is wrong, decided with the evidence at hand."""
