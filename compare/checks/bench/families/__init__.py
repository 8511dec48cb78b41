"""Right hand-written gradients of many families, drawn from a seed, and errors planted in what they return."""
