"""Step 18: what a request costs must not grow with the data."""
