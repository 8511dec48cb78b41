"""A script on torch tensors that computes dh of a value h, line by line: each is compared with torch.autograd's.

The loss is that of the script's own forward lines; a zero that is added to h has dL/dh as its derivative.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from .adapter import Adapter, is_tensor
from .firstpass import Loop
from .rewritten import Named, rewritten
from .script_loss import loss_of_loop
from .space import Space
from .straight import differentiated, straight, taps
from .updates import statements_in

NAME = "forward_lines"


def adapters(space: Space, wanted: str | None = None) -> Iterator[Adapter]:
    """Yield the adapter of a script whose values and gradients are tensors."""
    torch, path = sys.modules.get("torch"), Path(str(space.module.__file__))
    if torch is None or wanted is not None or path.suffix != ".py":
        return
    names = vars(space.module)
    found = {n: g for n, g in differentiated(names, is_tensor).items() if names[n].shape == names[g].shape}
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    loop = names.get("__loop__") or (straight(text, str(path), names, set(found)) if found else None)
    loss = None if loop is None else loss_of_loop(loop, names)
    if loop is None or loss is None:
        return
    inside = taps(loop, found)
    gradients = {n: names[g].detach().numpy() for n, g in found.items()}
    params = {n: names[n].detach().numpy() * (0.0 if n in inside else 1.0) for n in found}
    named = {n: Named(f"zero_{n}" if n in inside else n, "None", inside.get(n), n in inside) for n in found}
    dtype = {n: names[n].dtype for n in found}
    names |= {f"zero_{n}": torch.zeros_like(names[n]) for n in inside}
    made = rewritten(loop, loss, named, names, NAME)
    if made is None:
        return

    def torch_loss(given: dict[str, Any], *batch: Any) -> Any:
        kept = {each.source: names[each.source] for each in named.values()}
        names.update({each.source: given[n].to(dtype[n]) for n, each in named.items()})
        try:
            with (
                mock.patch.object(torch.Tensor, "backward", lambda *a, **k: None),
                mock.patch.object(torch.Tensor, "item", lambda tensor: tensor),  # loss = (...).sum().item()
            ):
                return made.function()[0]
        finally:
            names.update(kept)

    places = {n: _assigned(loop, g) for n, g in found.items()}
    listed = ", ".join(f"`{g}`" for g in list(found.values())[:4]) + (", ..." if len(found) > 4 else "")
    yield Adapter(
        space.module,
        NAME,
        params,
        "",
        (),
        f"`{ast.unparse(loss)}`",
        f"{listed} of the script, on torch tensors",
        repeatable=False,
        intermediate=tuple(inside),
        values=gradients,
        torch_loss=torch_loss,
        places=places,
    )


def _assigned(loop: Loop, name: str) -> tuple[int, ...]:
    """Return the lines that assign a name, or change a part of it."""
    lines = []
    for node in statements_in(loop.node.body):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AugAssign)
            else []
        )
        for target in targets:
            while isinstance(target, (ast.Subscript, ast.Attribute)):
                target = target.value
            if isinstance(target, ast.Name) and target.id == name:
                lines.append(node.lineno)
    return tuple(lines)
