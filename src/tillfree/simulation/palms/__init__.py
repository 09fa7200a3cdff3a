"""Hands and palms of nobody, in visible light and near infrared, and things that are held out instead of a hand."""
