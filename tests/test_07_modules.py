"""Step 07: one file becomes a package."""
