"""What follows from a record.

adjoint.py  the derivatives of the loss by every value
run.py      a recorded call of the user's function: its parameters, its loss, its gradients
slices.py   which operations a value was made of
kinks.py    operands at which a derivative jumps
replay.py   the operations again, on other numbers: how far rounding moves the derivatives
"""
