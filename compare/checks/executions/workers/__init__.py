"""Workers that share a step: processes of torch.distributed or of jax.distributed, devices of a mesh."""
