"""What the user's code computed: each NumPy operation on a tape, with its operands, its results and its place.

memory.py, tape.py               values in memory, and the list of operations
kinds.py, arrays.py, numbers.py  the arrays and numbers that record what is done to them
applying.py, results.py          an operation done, and what it gave recorded
writers.py, instead.py           NumPy's functions that write to an argument, or are done in another way
standins.py                      what stands in for NumPy, math and other libraries
reaching.py, standing.py         what a call can reach, and the stand-ins put there for the time of a run
kept.py                          what a function keeps between its calls, put back
"""
