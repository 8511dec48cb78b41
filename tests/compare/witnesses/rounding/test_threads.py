"""A rounding measurement draws its signs from a source of its own: no check changes the numbers of another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

from compare import check_gradients
from manual import MLP

THREADS = 8


def checked(seed, ready=None):
    """The verdicts on a network of its own for each seed, judged by manual, differences and the complex step."""
    rng = np.random.default_rng(seed)
    net = MLP((3, 2 + seed % 3, 2), ("sigmoid", "softmax"), "cross_entropy")
    params = net.init(rng, np.float32 if seed % 2 else np.float64)
    x, y = rng.standard_normal((4 + seed, 3)).astype(params["W1"].dtype), rng.integers(0, 2, 4 + seed)
    if ready:
        ready.wait()
    report = check_gradients(net.loss_and_grads, params, x, y, network=net, witnesses=())
    return report.to_dict()["verdicts"]


def test_eight_threads_give_digit_for_digit_what_each_check_gives_alone():
    alone = [checked(seed) for seed in range(THREADS)]
    ready = Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(lambda seed: checked(seed, ready), range(THREADS)))
    assert together == alone
    assert all(v["noise"] > 0 for verdicts in alone for v in verdicts)
