"""Which statement of the user's source computed the first wrong value.

source.py    the statement of an instruction
vouching.py  which values of the backward pass are right
suspect.py   a statement that may be wrong
names.py     what it names what it stores
beside.py    statements that call it, or repeat its value
plain.py     numbers under the name of a derivative of an array
suspects.py  the statements behind the wrong arrays, the likeliest first
"""
