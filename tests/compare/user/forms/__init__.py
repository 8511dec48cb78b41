"""Forms of hand-written backpropagation, recognised in files as people have them."""
