"""Step 03: people register."""
