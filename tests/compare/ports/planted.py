"""The example models with a mistake of porting written into them."""

import types
from pathlib import Path

from compare.files.trio import of_module

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
ADAM = """
hand = None

def torch_update(parameters):
    return torch.optim.Adam(parameters, lr=0.01)

import optax
jax_update = optax.adam(0.01, eps=1e-8)
"""
DECAY = """
def torch_update(parameters):
    return torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1)

import optax
jax_update = optax.adamw(0.01, weight_decay=0.1)
"""
SGD = """
hand = None

def torch_update(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)

import optax
jax_update = optax.sgd(0.1, momentum=0.9)
"""
STD = (
    "    x = x.transpose(0, 2, 3, 1)\n",
    "    x = x.transpose(0, 2, 3, 1)\n    x = x / x.std()\n",
)


def example(name, *changes, more=""):
    """Return the Trio of docs/examples/NAME.py with each (old, new) written into its text, which must be there."""
    text = (EXAMPLES / f"{name}.py").read_text() + more
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    module = types.ModuleType(f"planted_{name}")
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return of_module(module, Path(f"{name}.py"))
