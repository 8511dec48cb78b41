"""Which modules are the user's, and which a library's."""

from types import ModuleType

import pytest

from compare.user.origin import foreign


@pytest.mark.parametrize(
    ("file", "library"),
    [
        ("/home/ada/.venv/lib/python3.12/site-packages/torch/_tensor.py", True),
        (
            "/usr/lib/python3/dist-packages/torch/_tensor.py",
            True,
        ),  # a venv with --system-site-packages sees it
        ("/home/ada/.local/lib/python3.12/site-packages/helper.py", True),
        ("/home/ada/course/layers.py", False),
    ],
)
def test_an_installed_package_is_a_library_whatever_environment_it_is_of(file, library):
    module = ModuleType("torch")
    module.__file__ = file
    assert foreign(module) is library
