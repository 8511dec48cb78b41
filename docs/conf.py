"""The documentation site. From the repository's root, without a network:

sphinx-build -W --keep-going -n docs docs/_build/html
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_site")]
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the lessons import anything that counts cores

import listing  # noqa: E402
import pages  # noqa: E402

import threeways  # noqa: E402

project = "threeways"
author = "the maintainers of threeways"
release = version = threeways.__version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["_build", "_site", "lessons"]  # the lessons' pages are made in gallery/
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

nitpicky = True
# Names of the standard library and of NumPy have no page here, and no network is asked for theirs.
nitpick_ignore_regex = [
    (r"py:.*", r"(numpy|np|torch|jax|dict|tuple|list|str|int|float|bool|object|Exception).*")
]

myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath", "attrs_inline"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = "threeways"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}

sphinx_gallery_conf = {
    "examples_dirs": "lessons",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/\d\d",
    "ignore_pattern": r"claims\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,  # how long a lesson took here is nobody's figure
    "first_notebook_cell": "%matplotlib inline",
    "backreferences_dir": None,
    "plot_gallery": True,
}


def setup(app):
    """What is made at every build, and what this site adds to sphinx."""
    listing.write(HERE / "generated" / "catalogue.md")
    app.add_html_math_renderer("mathml", (pages.inline_math, None), (pages.display_math, None))
    app.connect("autodoc-process-docstring", pages.plain_docstring)
