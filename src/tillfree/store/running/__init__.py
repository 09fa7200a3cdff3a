"""A store that runs: events come in at their pace, and the state of the floor can be asked for at any moment."""
