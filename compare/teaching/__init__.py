"""For a course: the derivation of a network on paper, and exercises that grade themselves."""
