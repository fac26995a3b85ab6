"""Which room imports which, read from the source."""

import ast
import re
from pathlib import Path

import matplotlib.pyplot as plt

import skactland

_ROOT = Path(skactland.__file__).parent


def _rooms_of(path):
    """Return the rooms that a file imports from."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {m.split(".")[1] for m in modules if m and m.startswith("skactland.")}


def read_imports():
    """Return for every room the set of the other rooms that it imports."""
    imports = {}
    for path in _ROOT.rglob("*.py"):
        room = path.relative_to(_ROOT).parts[0].removesuffix(".py")
        if room != "__init__":
            imports.setdefault(room, set()).update(_rooms_of(path))
    return {room: found - {room} for room, found in imports.items()}


def house():
    """Draw a row a room, from the top floor down, with a dot for every room that it imports."""
    imports = read_imports()
    floors = re.findall(r"^    ([a-z_]+(?:, [a-z_]+)*)  ", skactland.__doc__, re.MULTILINE)
    rooms = [room for floor in floors for room in floor.split(", ")]
    figure, ax = plt.subplots(figsize=(8.2, 6.6), layout="constrained")
    for i, room in enumerate(rooms):
        imported = [j for j, other in enumerate(rooms) if other in imports[room]]
        ax.scatter(imported, [i] * len(imported), s=70, color="#0072B2", zorder=3)
    places = range(len(rooms))
    ax.plot(places, places, color="0.8", linewidth=1, zorder=1)
    ax.set_xticks(places, rooms, rotation=60, ha="left", rotation_mode="anchor")
    ax.set_yticks(places, rooms)
    ax.xaxis.tick_top()
    ax.set_ylim(len(rooms) - 0.5, -0.5)
    ax.grid(color="0.93")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_ylabel("a room ...")
    ax.set_title("... imports", fontsize="medium", color="black")
    return figure
