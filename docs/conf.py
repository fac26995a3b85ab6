"""How the documentation is built: ``sphinx-build -W --keep-going -n docs docs/_build/html``."""

import os
import re
import sys
import tempfile
from pathlib import Path

import skactland

sys.path.insert(0, os.path.dirname(__file__))

project = "skactland"
author = "The skactland developers"
copyright = "The skactland developers"
version = release = skactland.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "formulas",
]
html_math_renderer = "mathml"
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
default_role = "literal"

smartquotes = False
# Beside a page of the reference methods stand by their own name.
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "skactland"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "header_links_before_dropdown": 5,
}
# Nothing beside pages that stand alone, nor beside examples, whose code is wide.
_ALONE = ("benchmarks", "calibration", "changelog", "citing", "contributing", "start")
html_sidebars = {name: [] for name in (*_ALONE, "auto_examples/*")}

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# Names of other packages are written out, and not looked up: nothing is fetched during a build.
nitpick_ignore_regex = [
    (r"py:.*", r"(sklearn|scipy|numpy|torch|joblib|matplotlib|pandas|gudhi)(\..*)?"),
]


def _arguments(gallery_conf, script_vars):
    """Run the long examples in small, and leave no file behind."""
    if script_vars["src_file"].endswith(("predict_accuracy.py", "compare_groups.py")):
        return ["--small", "--output", os.path.join(tempfile.mkdtemp(), "figure.png")]
    return []


# A function in the configuration cannot be cached, and need not be.
suppress_warnings = ["config.cache"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    # The experiments take longer; what they gave is told in their own pages.
    "filename_pattern": (
        r"/(compare_networks|loadings|loops|predict_accuracy|read_landscape|what_parameters_do"
        r"|zoo_from_folder)\.py$"
    ),
    "within_subsection_order": "gallery.ByIdea",
    # Each page of the reference shows the examples that use what it tells of.
    "backreferences_dir": "generated/examples",
    "doc_module": ("skactland",),
    "reset_argv": _arguments,
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "image_scrapers": ("matplotlib",),
    "capture_repr": (),
}


def _escape_trailing_underscores(app, what, name, obj, options, lines):
    """Keep shapes such as (n_features_in_, resolution) from being read as links."""
    lines[:] = [re.sub(r"\b(n_\w+)_(?=[,)])", r"\1\_", line) for line in lines]


def _draw_pictures(app):
    """Draw the pictures of the maintainers' pages where those look for them."""
    from pictures import draw_all

    draw_all(Path(app.srcdir, "generated", "pictures"))


def setup(app):
    """Register what changes docstrings before numpydoc reads them, and what draws pictures."""
    # Before the gallery, of which one thumbnail is drawn here.
    app.connect("builder-inited", _draw_pictures, priority=100)
    app.connect("autodoc-process-docstring", _escape_trailing_underscores, priority=100)
