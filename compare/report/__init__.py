"""How results are shown: terminal, pictures, HTML. All are drawn from the plain JSON form of a result."""
