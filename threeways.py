"""threeways: the public API under the name of the project. See README.md."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare import *  # noqa: F403


def _refuse_strangers() -> None:
    """Raise ImportError if Python finds another package in place of one of these; the command prints it and exits 2."""
    here = Path(__file__).resolve().parent
    for name in ("compare", "manual", "torch_ref", "jax_ref"):
        spec = find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parent.parent != here:
            found = "nothing" if spec is None else spec.origin or "a folder without __init__.py"
            problem = (
                f"threeways needs its own package {name!r}, but Python finds {found} first: "
                f"rename that one or start from another folder"
            )
            if Path(sys.argv[0]).stem == "threeways":
                print(problem, file=sys.stderr)
                sys.exit(2)
            raise ImportError(problem)


_refuse_strangers()


def __getattr__(name: str) -> Any:
    import compare  # its names are written out there, and imported at their first use

    if name in (*compare.__all__, "__all__", "__version__"):
        return getattr(compare, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    import compare

    return sorted([*compare.__all__, "__version__", "main"])


def load_ipython_extension(shell: Any) -> None:
    """Make `%%threeways` known to a notebook: `%load_ext threeways`."""
    from compare.files.magic import load_ipython_extension

    load_ipython_extension(shell)


def main() -> int:
    """Run the command line and return its exit status."""
    from compare.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
