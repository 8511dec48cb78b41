"""A recorded run as formulas of its numbers: done again with as many digits as it takes.

tape -> `lowering` -> cells (`program`), which `derivative` extends by the derivatives -> `balls` evaluates.
"""
