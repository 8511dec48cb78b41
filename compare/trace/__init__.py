"""What a NumPy function computed, operation by operation and line by line.

Each package imports only those above it in this list.

    recording/    what was computed: the operations of a run on a tape
    rules/        the derivative of each operation
    derivatives/  what follows: the gradients, the kinks, the rounding
    lines/        which line computed the first wrong value
    changes/      which change of a line makes the gradients right

    located.py  what is said of a mistake, and evidence.py the entry that shows it
    candidates.py  the lines that are named where no change was found
    two.py      two mistakes at once, after the search for one
    locate.py   the lines behind wrong gradients, each with a change that was run
    derive.py   the derivative by the value of each line of a forward pass
    pair.py     a forward and a backward as one function, for check_vjp
    steps.py    the wrong line of an update rule
"""
