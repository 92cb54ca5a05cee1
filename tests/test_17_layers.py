"""Step 17: a request passes through layers."""
