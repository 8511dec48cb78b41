"""Which statement of the user's source computed the first wrong value.

source.py    the statement of an instruction
vouching.py  which values of the backward pass are right
suspect.py   a statement that may be wrong
names.py     what it names what it stores
stores.py    what its text stores, reads and calls
beside.py    statements that call it, or repeat its value
links.py     statements that made the numbers in it
plain.py     numbers under the name of a derivative of an array
marks.py     what they are by their place among the others
suspects.py  the statements behind the wrong arrays, the likeliest first
"""
