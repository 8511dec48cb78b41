# What type checkers know of `import threeways`. A module of one file cannot ship a py.typed; a stub package can.
from compare import *  # noqa: F403

__version__: str

def main() -> int: ...
