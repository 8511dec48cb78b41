"""What a NumPy function computed, operation by operation and line by line."""
