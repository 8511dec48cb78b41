"""Which change of a statement makes the gradients right.

edits/        the small edits of a statement, by kind
holes/        expressions for a place of a statement whose right value is known
frames.py     what stands in scope where a statement runs
patching.py   the user's live functions with an edit
points.py     parameters and batches at which a change must be right
fix.py        a change that was run
likelihood.py how unlikely a change is
places.py     the statements that may be edited
plan.py       in which order edits are tried
together.py   two edits that add up, and half of a change, by what the edits gave
forcing.py    a statement given its right value
reach.py      which statements can mend everything by any value
search.py     the edits run until no likelier one is left
twins.py      the same edit in several statements of one form
rewriting.py  a change in the text of a file
"""
