"""What follows from a record: the gradients of the loss, the kinks, the rounding, and what each value was made of."""
