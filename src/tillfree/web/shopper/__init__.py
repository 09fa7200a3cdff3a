"""Pages for shoppers: a receipt by its secret link, the kiosk, the exit screen."""
