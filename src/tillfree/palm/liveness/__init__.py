"""Whether what hovers is a living hand: measured cues of one presentation, weighed into a score with its reasons."""
