"""Show results in the terminal, as pictures and as HTML. All are drawn from the plain JSON form of a result."""
