"""From a picture of a hand to the square of its palm: where the hand is, how it has to move, and how good it is."""
