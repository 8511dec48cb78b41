"""The code of the drawn functions, as a user would write it; `loading` makes modules of a user's of it."""
