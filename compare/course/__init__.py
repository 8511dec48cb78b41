"""Grading a class: the teacher's file owns inputs, reference and points; no submission judges itself."""
