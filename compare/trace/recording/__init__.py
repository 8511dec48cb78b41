"""What the user's code computed: each NumPy operation on a tape, with its operands, its results and its place."""
