"""Check the public names of `threeways`, and that it imports nothing before the first use of a name."""

import ast
import inspect

import pytest

import compare
import manual
import threeways

from .processes import python


def test_dir_shows_the_public_names():
    assert set(compare.__all__) <= set(dir(threeways))
    assert {name for name in dir(threeways) if not name.startswith("_")} == {*compare.__all__, "main"}


@pytest.mark.parametrize("name", compare.__all__)
def test_a_public_name_is_there_under_its_own_name(name):
    assert getattr(threeways, name).__name__ == name


def test_the_networks_are_those_of_manual():
    assert threeways.MLP is manual.MLP


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'threeways' has no attribute 'cli'"):
        threeways.cli  # noqa: B018


def test_type_checkers_see_every_public_name():
    tree = ast.parse(inspect.getsource(compare))
    (block,) = (n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    imported = {a.name for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert imported == set(compare.__all__)


def test_importing_threeways_imports_no_library():
    code = (
        "import sys, threeways; dir(threeways); print({'numpy', 'scipy', 'typer', 'rich'} & set(sys.modules))"
    )
    assert python("-c", code).stdout == "set()\n"


def test_everything_public_can_be_imported_at_once():
    code = "from threeways import *; print(MLP.__name__, check_vjp.__name__, Verdict.__name__)"
    assert python("-c", code).stdout == "MLP check_vjp Verdict\n"
