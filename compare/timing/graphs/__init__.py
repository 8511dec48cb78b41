"""The graphs themselves: what autograd records, what a tracer writes down, what a compiler leaves of it."""
