"""Try what a static graph cannot do, in both frameworks, and record what happens."""
