"""Two classical codes of the lines of a palm, and how far apart two of them are once the hands lie on each other."""
