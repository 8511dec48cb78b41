"""Which statement of the user's source computed the first wrong value.

source.py    the statement of an instruction
vouching.py  which values of the backward pass are right
suspects.py  the statements behind the wrong arrays, the likeliest first
"""
