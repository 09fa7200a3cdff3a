"""Who may come in and who pays: credentials at the gate become a decision to open it, and tracks become its trip."""
