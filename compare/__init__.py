"""The harness: whether three implementations of one network agree, and what a static graph buys."""
