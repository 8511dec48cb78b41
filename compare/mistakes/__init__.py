"""The catalogue of classical mistakes: each planted in the hand-written backward pass, so that it can be named."""
