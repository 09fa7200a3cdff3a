"""Palms in a browser: the screen of a station, enrolment at home, and what staff see of palms, which is no palm."""
