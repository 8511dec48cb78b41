"""Time the hand-written gradient of the transformer against torch eager and jax.jit, on one core, in float32.

    python benchmarks/transformer.py               batch 32, sequence 64, width 128, 4 heads, 2 layers; both variants
    python benchmarks/transformer.py --json FILE   write the raw samples too

One process is pinned to one core, and the contenders take turns in each round. Times are CPU seconds of the process, so
they leave out other processes on the core.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from measuring import interleaved, pinned, ratios, save, words

FIELDS = {"vocabulary": 96, "context": 64, "layers": 2, "heads": 4, "width": 128}
BATCH = 32


def contenders(variant):
    """Return {name: function that computes one loss and its gradient}."""
    import jax
    import numpy as np
    import torch

    import jax_ref
    import manual
    import torch_ref

    torch.set_num_threads(1)
    net = manual.Transformer(**FIELDS, variant=variant)
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, net.vocabulary, (2, BATCH, net.context))
    arrays = net.init(rng, "float32"), x, y
    tensors, by_torch = torch_ref.from_numpy(arrays), torch_ref.Transformer(**asdict(net))
    there, by_jax = jax_ref.from_numpy(arrays), jax.jit(jax_ref.Transformer(**asdict(net)).loss_and_grads)
    return {
        "by hand": lambda: net.loss_and_grads(*arrays),
        "torch eager": lambda: by_torch.loss_and_grads(*tensors),
        "jax.jit": lambda: jax.block_until_ready(by_jax(*there)),
    }


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--json", type=Path)
    options = options.parse_args()
    core, rows = pinned(), []
    for variant in ("gpt2", "modern"):
        samples = interleaved(contenders(variant), options.rounds)
        rows.append({"variant": variant, "batch": BATCH, **FIELDS, "samples": samples})
        print(f"{variant}: batch {BATCH}, {', '.join(f'{k} {v}' for k, v in FIELDS.items())}, float32")
        for name, times in samples.items():
            found = {} if name == "by hand" else ratios({"by hand": samples["by hand"], name: times}, name)
            against = f"   by hand / it: {words(found['by hand'])}" if found else ""
            print(f"  {name:12} {1e3 * sorted(times)[len(times) // 2]:7.1f} ms{against}", flush=True)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    save(options.json, "transformer", rows, core)


if __name__ == "__main__":
    main()
