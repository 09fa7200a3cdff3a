"""Card terminals at the gate: somebody taps, money is put aside, and what may be known of the card comes back."""
