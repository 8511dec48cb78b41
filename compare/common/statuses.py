"""The statuses of a verdict that pass, and those that say nothing either way; design: one table for every room."""

PASSES = ("agree", "kink", "convention", "dtype")
UNKNOWN = ("inconclusive",)
