"""The code of the documentation runs as printed, page by page, and its links lead somewhere."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)
IDS = [path.stem for path in PAGES]


def blocks(page):
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


WITH_CODE = [page for page in PAGES if blocks(page)]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_code_runs(page, networks, probe, tmp_path, monkeypatch):
    """Blocks of a page follow each other; the guide begins with networks, probe, accuracies."""
    import matplotlib.pyplot as plt

    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
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
        if "://" in link:
            continue
        target = (page.parent / link).resolve()
        if "auto_examples" in link:  # built from examples/
            target = ROOT / "examples" / target.with_suffix(".py").name
        assert target.is_file(), link


def test_every_public_name_is_in_the_reference():
    import skactland
    from skactland import adapters, displays, inference, metrics, training

    words = set((ROOT / "docs" / "api.rst").read_text(encoding="utf-8").split())
    for module in (skactland, adapters, displays, inference, metrics, training):
        assert set(module.__all__) <= words
