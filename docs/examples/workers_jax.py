"""One training step shared out over processes by jax. Start it once for each, anywhere, with the same first argument:

python workers_jax.py 127.0.0.1:12345 2 0
python workers_jax.py 127.0.0.1:12345 2 1
"""

import sys

import jax
import numpy as np

from jax_ref import MLP, from_numpy
from jax_ref.parallel import DataParallel

address, workers, rank = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
jax.config.update("jax_cpu_collectives_implementation", "gloo")  # of CPUs; GPUs have their own
jax.distributed.initialize(address, workers, rank)

rng = np.random.default_rng(0)  # the same draws in every process
net = MLP(sizes=(20, 16, 5), activations=("tanh", "softmax"), criterion="cross_entropy")
shapes = {"W1": (16, 20), "b1": (16,), "W2": (5, 16), "b2": (5,)}
params = {name: 0.3 * rng.normal(size=shape) for name, shape in shapes.items()}
x, y = rng.normal(size=(30, 20)), rng.integers(0, 5, 30)

with jax.enable_x64(True):
    loss, grads = DataParallel(net, len(jax.devices())).loss_and_grads(*from_numpy((params, x, y)))
    alone, right = net.loss_and_grads(*from_numpy((params, x, y)))
    apart = max(float(abs(np.asarray(grads[name]) - np.asarray(g)).max()) for name, g in right.items())
    print(
        f"process {rank} of {workers}: loss {float(loss):.12f}, {apart:.0e} from the gradient of one process"
    )
assert apart < 1e-12
jax.distributed.shutdown()
