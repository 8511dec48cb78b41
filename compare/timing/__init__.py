"""Static against dynamic graphs: what each costs to build, what each step costs after that.

Nothing is imported here: a child process passes through on its way to its own framework.
"""
