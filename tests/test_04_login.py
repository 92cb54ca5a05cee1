"""Step 04: a session is a random token."""
