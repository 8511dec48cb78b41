"""One training step shared out over processes by torch. Run it under torchrun:

torchrun --nproc-per-node 2 workers_torch.py
"""

import torch

from torch_ref import MLP
from torch_ref.parallel import DataParallel

torch.distributed.init_process_group("gloo")
rank, workers = torch.distributed.get_rank(), torch.distributed.get_world_size()

torch.manual_seed(0)  # the same draws in every process
net = MLP(sizes=(20, 16, 5), activations=("tanh", "softmax"), criterion="cross_entropy")
shapes = {"W1": (16, 20), "b1": (16,), "W2": (5, 16), "b2": (5,)}
params = {name: 0.3 * torch.randn(shape, dtype=torch.float64) for name, shape in shapes.items()}
x, y = torch.randn(30, 20, dtype=torch.float64), torch.randint(0, 5, (30,))

shared = DataParallel(net, workers)
loss, grads = shared.loss_and_grads(params, x, y)
alone, right = net.loss_and_grads(params, x, y)
apart = max((grads[name] - g).abs().max().item() for name, g in right.items())
print(f"process {rank} of {workers}: loss {loss.item():.12f}, {apart:.0e} from the gradient of one process")
assert apart < 1e-12
torch.distributed.destroy_process_group()
