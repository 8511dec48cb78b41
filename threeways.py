"""threeways: the public API under the name everybody will guess. See README.md."""

import sys
from importlib.util import find_spec
from pathlib import Path


def _refuse_strangers():
    """Four packages have everyday names; another one of that name in front of ours would be used silently.

    Raises ImportError; where this is imported for the command, the line is printed instead, and the exit is 2.
    """
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

__version__ = "0.1.0"


def __getattr__(name):
    # check_gradients and its like, from compare, imported when asked for.
    import compare

    return getattr(compare, name)


def main():
    """The command line; returns the exit status."""
    from compare.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
