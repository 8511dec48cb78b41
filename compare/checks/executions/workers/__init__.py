"""Workers that share a training step: processes of torch.distributed, devices of a mesh, processes of jax.distributed."""
