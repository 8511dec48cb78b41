"""Load the code of `written` as a user's modules: the checker does not follow code of its own package."""

import sys
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent / "written"
NAME = "hand_written"


@cache
def users() -> dict[str, ModuleType]:
    """Return {name: module} of the package's modules, outside sys.modules."""
    spec = spec_from_file_location(NAME, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)])
    assert spec and spec.loader
    package = sys.modules[NAME] = module_from_spec(spec)
    try:
        spec.loader.exec_module(package)
        return {name: import_module(f"{NAME}.{name}") for name in ("hand", "errors", "ways")}
    finally:
        for name in [n for n in sys.modules if n.partition(".")[0] == NAME]:
            del sys.modules[name]
