"""Simulated whole hands before a camera, in visible light and near infrared, with the true places of landmarks."""
