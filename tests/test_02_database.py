"""Step 02: rows that last."""
