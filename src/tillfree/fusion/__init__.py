"""Weight changes, hands, looks and tags become *who took what*, with a probability."""
