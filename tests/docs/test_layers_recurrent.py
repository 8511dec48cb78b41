"""docs/layers-recurrent.md: the code it quotes is the code, and the checker says what the page says it says."""

import importlib
import inspect
import re
import textwrap
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "layers-recurrent.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"<!-- quoted from (\S+\.py): (.+?) -->\n```python\n(.*?)\n```", PAGE, re.DOTALL)
RUN = re.findall(r"<!-- run -->\n```python\n(.*?)```\n\n```text\n(.*?)\n```", PAGE, re.DOTALL)


def source(path, name):
    """The source of `name`, a function of the file or a Class.method, from column 0."""
    found = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for part in name.split("."):
        found = getattr(found, part)
    return textwrap.dedent(inspect.getsource(found)).strip()


def test_the_page_has_quotations_and_examples():
    assert len(QUOTED) == PAGE.count("<!-- quoted") > 5
    assert len(RUN) == PAGE.count("<!-- run") > 3


@pytest.mark.parametrize(("path", "names", "quoted"), QUOTED, ids=[names for _, names, _ in QUOTED])
def test_quoted_code_is_the_code(path, names, quoted):
    blocks = [source(path, name) for name in names.split(", ")]
    assert re.sub(r"\n\n+", "\n\n", quoted) == re.sub(r"\n\n+", "\n\n", "\n\n".join(blocks))


def test_the_checker_says_what_the_page_shows(capsys):
    namespace = {}
    for code, said in RUN:
        exec(code, namespace)
        assert capsys.readouterr().out.startswith(said + "\n"), code
