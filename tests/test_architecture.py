"""The floors of the house: who may import whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "skactland"
FLOORS = {
    "_checks": 0,
    "_differences": 0,
    "_intrinsics": 0,
    "_distances": 1,
    "_graphs": 1,
    "_tables": 0,
    "activations": 1,
    "adapters": 1,
    "datasets": 1,
    "training": 1,
    "metrics": 2,
    "_rips": 2,
    "persistence": 3,
    "sampling": 3,
    "_levels": 2,
    "_diagrams": 3,
    "_pairs": 3,
    "_weights": 3,
    "_tents": 3,
    "_products": 4,
    "landscapes": 4,
    "complexity": 5,
    "vectors": 5,
    "kernels": 5,
    "displays": 6,
    "inference": 7,
    "pipelines": 7,
}
HOMES = {
    "torch": {"activations", "training"},
    "gudhi": {"_rips"},
    "numba": {
        "_differences",
        "_distances",
        "_graphs",
        "_intrinsics",
        "_levels",
        "_pairs",
        "_rips",
        "_tents",
    },
    "matplotlib": {"displays"},
}
MODULES = sorted(
    path.relative_to(ROOT) for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py"
)


def room(path):
    return path.parts[0].removesuffix(".py")


def imports(path):
    """The dotted names of the modules that a file imports, wherever in it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_module_has_a_floor():
    assert {room(path) for path in MODULES} == set(FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_come_from_floors_below(path):
    for name in imports(path):
        package, *rest = name.split(".")
        if package == "skactland" and rest != ["__version__"]:
            assert rest, f"{path} imports the package itself"
            assert rest[0] == room(path) or FLOORS[rest[0]] < FLOORS[room(path)], f"{path}: {name}"
        elif package != "skactland":
            assert room(path) in HOMES.get(package, {room(path)}), f"{path} imports {package}"


def test_importing_the_package_brings_no_heavy_library():
    heavy = ["torch", "numba", "gudhi", "matplotlib", "sklearn", "scipy", "numpy"]
    code = f"import sys, skactland; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_topology_alone_does_not_bring_torch():
    code = "import sys; from skactland import LandscapeKernel as K; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_public_names():
    import skactland

    for name in skactland.__all__:
        assert getattr(skactland, name).__doc__
    assert set(skactland.__all__) <= set(dir(skactland))
    with pytest.raises(AttributeError, match="no attribute 'LandscapeVectoriser'"):
        skactland.LandscapeVectoriser  # noqa: B018
