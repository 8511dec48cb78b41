"""One step in every way that it can be executed: does each compute the same thing?"""
