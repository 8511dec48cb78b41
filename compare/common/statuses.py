"""The statuses of a verdict that pass, and those that leave the question open."""

PASSES = ("agree", "kink", "convention", "dtype")
UNKNOWN = ("inconclusive",)
