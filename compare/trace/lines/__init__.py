"""Which statement of the user's source computed the first wrong value."""
