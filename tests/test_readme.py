"""The README's code runs as printed, and its links lead somewhere, here and away from here."""

import re
from importlib.metadata import metadata
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: Targets of inline links, of reference links, and of HTML.
LINK = re.compile(r"\]\(([^)]+)\)|^\[[^\]]+\]: *(\S+)|(?:src|href)=[\"']([^\"']+)", re.MULTILINE)


def links(text):
    return ["".join(groups) for groups in LINK.findall(text)]


def is_absolute(link):
    return link.startswith(("https://", "#"))


def test_ten_lines(make_network, probe):
    of_seeds = (make_network(seed) for seed in range(100))  # untrained, some say one class of all
    inputs = torch.tensor(probe, dtype=torch.float32)
    networks = [n for n in of_seeds if len(set(n(inputs).argmax(dim=1).tolist())) > 1][:10]
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert code.splitlines()[-1].startswith("cross_val_score(pipe, networks, accuracies)")
    names = {"networks": networks, "probe": probe, "accuracies": np.arange(10.0)}
    exec(code, names)
    assert len(names["pipe"].fit(networks, names["accuracies"]).predict(networks)) == 10


def test_linked_files_exist():
    paths = [link for link in links(README) if not is_absolute(link)]
    assert paths
    for path in paths:
        assert (ROOT / path).is_file(), path


def test_the_installed_description_needs_no_checkout():
    """What a package index shows links to no path, and says which file it would have led to."""
    description = metadata("skactland").json["description"]
    assert links(description)
    assert all(is_absolute(link) for link in links(description))
    for link in links(README):
        assert f"({link})" in description or f"(`{link}`)" in description, (
            f"{link} is not in the description that was installed; install the package again"
        )
