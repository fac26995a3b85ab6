"""The README's code runs as printed."""

import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ten_lines(networks, probe):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert code.splitlines()[-1].startswith("cross_val_score(pipe, networks, accuracies)")
    names = {"networks": networks, "probe": probe, "accuracies": np.arange(10.0)}
    exec(code, names)
    assert len(names["pipe"].fit(networks, names["accuracies"]).predict(networks)) == 10


def test_linked_files_exist():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).is_file(), link
