"""Hostile input, drawn from a seed: valid files of every kind with changes in them, and options out of range.

python -m tests.fuzz --count 10000 --seed 0         # what went wrong, by kind, and a line to run each again
python -m tests.fuzz --seed 0 --only 123            # one of them, its files kept
"""
