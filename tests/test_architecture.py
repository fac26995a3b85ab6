"""The floors of the house: who may import whom."""

import ast
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

import skactland

ROOT = Path(skactland.__file__).parent
#: The files that may import a library; a library that is not here may be imported anywhere.
HOMES = {
    "torch": ["activations/*", "training/*", "_torch.py"],
    "gudhi": ["persistence/_gudhi.py"],
    "llvmlite": ["_compiled/intrinsics.py", "_compiled/simd.py"],
    "matplotlib": ["displays/*"],
    "numba": [f"_compiled/{name}.py" for name in ("cache", "intrinsics", "jit", "simd")],
}
FILES = sorted(
    path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py"
)


def read_floors():
    """The rooms of each floor, from the lowest up, as the package's docstring draws them."""
    drawn = re.findall(r"^    ([a-z_]+(?:, [a-z_]+)*)  ", skactland.__doc__, re.MULTILINE)
    return {room: i for i, line in enumerate(reversed(drawn)) for room in line.split(", ")}


FLOORS = read_floors()


def room(path):
    return path.partition("/")[0].removesuffix(".py")


def imports(path):
    """The dotted names that a file imports, and whether it does so when it is imported itself."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    at_once = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in at_once) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in at_once


def test_the_map_shows_every_room():
    assert {room(path) for path in FILES} == set(FLOORS)
    assert len(FLOORS) <= 21  # the command among them


@pytest.mark.parametrize("path", FILES)
def test_imports_come_from_floors_below(path):
    for name, _ in imports(path):
        package, *rest = name.split(".")
        if package == "skactland" and rest != ["__version__"]:
            assert rest, f"{path} imports the package itself"
            assert rest[0] == room(path) or FLOORS[rest[0]] < FLOORS[room(path)], f"{path}: {name}"


@pytest.mark.parametrize("path", FILES)
def test_libraries_stay_at_home(path):
    for name, at_once in imports(path):
        library = name.partition(".")[0]
        homes = HOMES.get(library)
        assert homes is None or any(fnmatch(path, home) for home in homes), f"{path}: {name}"
        assert not (library == "matplotlib" and at_once), f"{path} imports matplotlib early"


def test_the_cellar_imports_nothing_else_of_ours():
    for path in FILES:
        if room(path) == "_compiled":
            ours = [name for name, _ in imports(path) if name.startswith("skactland.")]
            assert all(name.startswith("skactland._compiled.") for name in ours), path


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
    for name in skactland.__all__:
        assert getattr(skactland, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'LandscapeVectoriser'"):
        skactland.LandscapeVectoriser  # noqa: B018


PUBLIC_ROOMS = sorted(name for name in FLOORS if not name.startswith("_"))


def test_public_rooms_are_attributes_of_the_package():
    code = f"import skactland; print([getattr(skactland, r).__name__ for r in {PUBLIC_ROOMS}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([f"skactland.{name}" for name in PUBLIC_ROOMS])


@pytest.mark.parametrize("name", PUBLIC_ROOMS)
def test_public_rooms_say_what_is_public(name):
    public = getattr(skactland, name)
    assert public.__all__ == sorted(public.__all__)
    for of_room in public.__all__:
        assert getattr(public, of_room).__doc__


def test_dir_shows_public_names_alone():
    shown = [name for name in dir(skactland) if not name.startswith("__")]
    assert set(shown) == {*skactland.__all__, *PUBLIC_ROOMS}


#: What a kernel's docstring says of a parameter: a shape and a dtype, or the kind of a number.
STATED = re.compile(
    r"^    (?P<names>\w+(?:, \w+)*) : "
    r"(?:(?:bool|float64|u?int(?:16|32|64)|(?:uint32, )?int32(?: or int64|, int64 or float64))"
    r" array of shape \(.+\)"
    r"|bool|float|int|u?int(?:16|32|64)|[A-Z]\w+)(?:, \w+ [<>]= \d+)?$",  # or a named tuple
    re.MULTILINE,
)


def is_kernel(node):
    decorators = [getattr(d, "func", d) for d in getattr(node, "decorator_list", [])]
    return any(isinstance(d, ast.Name) and d.id == "kernel" for d in decorators)


@pytest.mark.parametrize("path", [path for path in FILES if room(path) == "_compiled"])
def test_kernels_state_the_shape_and_dtype_of_each_parameter(path):
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if is_kernel(node):
            docstring = ast.get_docstring(node, clean=False) or ""
            parameters = docstring.partition("    Returns\n")[0]
            stated = [m["names"] for m in STATED.finditer(parameters)]
            assert ", ".join(stated) == ", ".join(a.arg for a in node.args.args), node.name
