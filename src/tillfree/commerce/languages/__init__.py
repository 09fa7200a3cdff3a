"""What shoppers read, in the languages that Tillfree speaks to them: one table of texts each, and how amounts look."""
