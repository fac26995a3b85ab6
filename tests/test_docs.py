"""The code of the documentation runs as printed, page by page, and its links lead somewhere."""

import ast
import dataclasses
import re
import sys
import tomllib
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from numpydoc.validate import validate

import skactland

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
IDS = [path.stem for path in PAGES]


def blocks(page):
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


# The blocks of the pages on adding are files; test_walkthroughs.py makes them.
WITH_CODE = [page for page in PAGES if blocks(page) and page.parent.stem != "adding"]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_code_runs(page, networks, probe, tmp_path, monkeypatch):
    """Blocks of a page follow each other; the guide begins with networks, probe, accuracies."""
    import matplotlib.pyplot as plt

    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    # Networks that were not trained say one class of all inputs now and then.
    warnings.filterwarnings("ignore", ".*of one class alone")
    torch.manual_seed(0)
    names = {"__name__": "__main__"}
    if page.stem != "start":
        names.update(networks=networks, probe=probe, accuracies=np.linspace(0.5, 0.9, 10))
    try:
        for block in blocks(page):
            exec(compile(block, str(page), "exec"), names)
    finally:
        plt.close("all")


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_between_pages(page):
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)", text):
        if "://" in link or "/generated/" in link:  # drawn when the documentation is built
            continue
        target = (page.parent / link).resolve()
        if "auto_examples" in link:  # built from examples/
            target = ROOT / "examples" / target.with_suffix(".py").name
        assert target.is_file(), link


def test_every_picture_is_shown(monkeypatch):
    """That each can be drawn is seen when the documentation is built."""
    monkeypatch.syspath_prepend(DOCS)
    from pictures import PICTURES

    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(PICTURES) == set(re.findall(r"generated/pictures/(\w+)\.png", text))


@pytest.mark.parametrize(("page", "n_words"), [("guide", 12), ("maintaining", 3)])
def test_words_have_a_picture_each(page, n_words):
    text = (DOCS / page / "words.md").read_text(encoding="utf-8")
    words = text.split("\n## ")[1:]
    assert len(words) == n_words
    assert all(word.count("```{image}") == 1 for word in words)


def test_every_benchmark_says_where_it_is_told():
    text = (DOCS / "maintaining" / "measuring.md").read_text(encoding="utf-8")
    scripts = {path.name for path in (ROOT / "tests" / "benchmarks").glob("*.py")}
    assert set(re.findall(r"^\| `(\w+\.py)` \|", text, re.MULTILINE)) == scripts


def test_the_version_to_cite_is_this_one():
    import skactland

    assert f"version = {{{skactland.__version__}}}" in (DOCS / "citing.md").read_text("utf-8")


def test_every_public_name_is_in_the_reference():
    import skactland
    from skactland import adapters, displays, inference, metrics, training

    words = set((DOCS / "api.rst").read_text(encoding="utf-8").split())
    for module in (skactland, adapters, displays, inference, metrics, training):
        assert set(module.__all__) <= words


def imported(code):
    """The packages that code imports, wherever in it."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_what_readme_installs_runs_examples_and_pages():
    """Its first command brings all that they import, or the page says what else to install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    brought = [*project["dependencies"], *project["optional-dependencies"]["examples"]]
    names = {re.match(r"[\w-]+", line)[0] for line in brought} - {"scikit-learn"}
    examples = list((ROOT / "examples").rglob("*.py"))
    known = {*names, *sys.stdlib_module_names, "sklearn", "skactland", "experiments"}
    for path in [*examples, *WITH_CODE]:
        code = "\n".join(blocks(path)) if path.suffix == ".md" else path.read_text("utf-8")
        modules = set(imported(code)) - {other.stem for other in examples} - known
        told = re.findall(r"`pip install (\w+)`", path.read_text("utf-8"))
        assert modules <= set(told), f"{path.name}: {modules}"


ROOMS = {room: getattr(skactland, room) for room in sorted(skactland._PUBLIC_ROOMS)}
PUBLIC = {
    f"skactland.{room}.{name}": getattr(module, name)
    for room, module in ROOMS.items()
    for name in module.__all__
}


# Not checked: an extended summary, types of parameters that share a line, words after a type that
# says all, and that descriptions begin with a capital, as float64 does not.
NOT_CHECKED = {"ES01", "PR04", "RT02", "RT03", "RT04"}
# Of methods, for which those of the class do; and of results, whose attributes are told instead.
OF_METHODS, OF_RESULTS = {"SA01", "EX01"}, {"PR01", "EX01"}


@pytest.mark.parametrize("name", PUBLIC)
def test_docstrings_are_those_of_numpydoc(name):
    value = PUBLIC[name]
    is_result = dataclasses.is_dataclass(value)
    parts = {name: NOT_CHECKED | (OF_RESULTS if is_result else set())}
    if isinstance(value, type):
        own = (key for key, part in vars(value).items() if key[0] != "_" and callable(part))
        parts.update((f"{name}.{key}", NOT_CHECKED | OF_METHODS) for key in own)
    for part, left_out in parts.items():
        errors = [error for error in validate(part)["errors"] if error[0] not in left_out]
        assert not errors, f"{part}: {errors}"
    # The list of the reference shows first lines alone, without what they would cite.
    assert "]_" not in value.__doc__.strip().split("\n")[0]
