"""Compiled code is kept, and never used where it is damaged or of other sources."""

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numba
import pytest

import skactland._compiled
from skactland._compiled import cache
from skactland._compiled.bits import flip
from skactland._compiled.jit import kernel

CELLAR = Path(skactland._compiled.__file__).parent


def double(x):
    return 2 * x


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Compile in this process, even if it was told not to, and keep the code in a folder."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cache, "_has_warned", False)
    monkeypatch.setattr(cache, "_has_told", False)
    return tmp_path


def n_loaded(compiled):
    """How many signatures came from disk."""
    return sum(compiled._from_python.stats.cache_hits.values())


def files(folder, ending):
    return sorted(path for path in folder.rglob(f"*{ending}*") if path.is_file())


def test_code_is_kept(folder):
    for n_expected in (0, 1):
        compiled = kernel(double)
        assert compiled(21) == 42
        assert n_loaded(compiled) == n_expected
    assert [path.suffix for path in files(folder, "double")] == [".nbc", ".nbi"]


def flip_one_bit(content):
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGES = {
    "empty": lambda content: b"",
    "one byte": lambda content: content[:1],
    "cut in its head": lambda content: content[:40],
    "cut in the middle": lambda content: content[: len(content) // 2],
    "cut at its end": lambda content: content[:-1],
    "one bit": flip_one_bit,
    "zeros": lambda content: bytes(len(content)),
    "random": lambda content: random.Random(0).randbytes(len(content)),
    "text": lambda content: b"no such file\n",
    "longer": lambda content: content + b"x",
    "another pickle": lambda content: pickle.dumps({}),
    "of numba alone": lambda content: content[cache._SIZE :],
}


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_files_are_written_anew(folder, damage, ending):
    assert kernel(double)(21) == 42
    (path,) = files(folder, ending)
    path.write_bytes(damage(path.read_bytes()))
    for n_expected in (0, 1):
        compiled = kernel(double)
        assert compiled(21) == 42
        assert n_loaded(compiled) == n_expected


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
def test_missing_files_are_written_anew(folder, ending):
    assert kernel(double)(21) == 42
    files(folder, ending)[0].unlink()
    for n_expected in (0, 1):
        compiled = kernel(double)
        assert compiled(21) == 42
        assert n_loaded(compiled) == n_expected


def test_code_of_another_signature_is_not_run(folder):
    """As two processes leave it that choose one name at once."""
    compiled = kernel(double)
    assert (compiled(21), compiled(0.25)) == (42, 0.5)
    one, two = files(folder, ".nbc")
    one_content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(one_content)
    compiled = kernel(double)
    assert (compiled(21), compiled(0.25)) == (42, 0.5)
    assert n_loaded(compiled) == 0


@pytest.mark.parametrize("change", ["sources", "numba"])
def test_code_of_others_is_not_unpickled(folder, monkeypatch, change):
    """It may refer to what is gone, and takes its place in the same files."""
    assert kernel(double)(21) == 42
    before = files(folder, "double")
    if change == "sources":
        monkeypatch.setattr(cache, "digest_of_sources", lambda: "other")
    else:
        monkeypatch.setattr(numba, "__version__", "0.0")
    unpickled = []
    monkeypatch.setattr(cache.pickle, "loads", unpickled.append)
    compiled = kernel(double)
    assert compiled(21) == 42
    assert n_loaded(compiled) == 0
    assert unpickled == []
    assert files(folder, "double") == before


def block_the_folder(folder):
    """Let a file stand where files are to be kept; that stops even an administrator."""
    (inner,) = folder.iterdir()
    shutil.rmtree(inner)
    inner.write_bytes(b"")


def block_the_index(folder):
    """Let a folder stand where a file is to be kept."""
    assert kernel(double)(21) == 42
    (index,) = files(folder, ".nbi")
    index.unlink()
    index.mkdir()


@pytest.mark.parametrize("block", [block_the_folder, block_the_index])
def test_what_cannot_be_written_is_said_once(folder, block):
    some = [kernel(double), kernel(double)]
    block(folder)
    with pytest.warns(UserWarning, match="cannot be kept.*NUMBA_CACHE_DIR") as said:
        assert [compiled(21) for compiled in some] == [42, 42]
    assert len(said) == 1


def test_a_kernel_can_be_sent():
    assert pickle.loads(pickle.dumps(flip)) is flip


def test_compiling_is_told_once(folder, caplog):
    assert [compiled(21) for compiled in (kernel(double), kernel(triple_of))] == [42, 63]
    (said,) = caplog.records
    assert (said.name, said.levelname) == ("skactland", "WARNING")
    assert "called for the first time" in said.getMessage()
    assert f"in folders such as {next(folder.iterdir())}." in said.getMessage()


def test_where_all_is_kept_nothing_is_said(folder, monkeypatch, caplog):
    assert kernel(double)(21) == 42
    caplog.clear()
    monkeypatch.setattr(cache, "_has_told", False)
    assert kernel(double)(21) == 42
    assert caplog.records == []


def triple_of(x):
    return 3 * x


def double_and_one(x):
    return called_by_kernels(x) + 1  # noqa: F821


def test_kernels_and_python_call_code_of_their_own(folder, monkeypatch):
    """Both are kept, and neither is taken for the other."""
    for n_kept in (0, 1):
        inner = kernel(double)
        monkeypatch.setitem(globals(), "called_by_kernels", inner)
        outer = kernel(double_and_one)
        assert outer(3) == 7
        assert not inner._from_python.overloads
        assert sum(inner._from_kernels.stats.cache_hits.values()) == 0
        assert outer(0.5) == 2
        assert inner(3) == 6
        assert (n_loaded(inner), n_loaded(outer)) == (n_kept, 2 * n_kept)
    assert len(files(folder, ".nbc")) == 5
    # Of another caller that is compiled anew: from the kernel's code on disk.
    outer = kernel(triple)
    monkeypatch.setitem(globals(), "called_by_kernels", kernel(double))
    assert outer(3) == 9
    assert sum(called_by_kernels._from_kernels.stats.cache_hits.values()) == 1  # noqa: F821


def triple(x):
    return called_by_kernels(x) + x  # noqa: F821


OUTER = """
from skactland._compiled.deep.inner import inner, STEP
from skactland._compiled.jit import kernel

@kernel
def outer(x):
    return inner(x) + STEP
"""
INNER = """
from skactland._compiled.jit import kernel
from skactland._compiled.steps import STEP

@kernel
def inner(x):
    return 10 * x
"""
RUN = """
import json, warnings
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    from skactland._compiled.outer import inner, outer
    results = [outer(1), outer(1.0), inner(1)]
n_loaded = sum(sum(f._from_python.stats.cache_hits.values()) for f in (inner, outer))
print(json.dumps([results, n_loaded, [str(warning.message) for warning in said]]))
"""


def make_copy(root):
    """Copy the cellar, and add two kernels of which one calls the other in another file."""
    cellar = root / "skactland" / "_compiled"
    shutil.copytree(CELLAR, cellar, ignore=shutil.ignore_patterns("__pycache__"))
    (cellar / "deep").mkdir()
    for path, text in {
        cellar.parent / "__init__.py": "",
        cellar / "deep" / "__init__.py": "",
        cellar / "deep" / "inner.py": INNER,
        cellar / "steps.py": "STEP = 1\n",
        cellar / "outer.py": OUTER,
    }.items():
        path.write_text(text)
    return root


@pytest.fixture
def copy(tmp_path):
    """A copy of the cellar where nothing is compiled."""
    return make_copy(tmp_path / "copy")


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory):
    root = make_copy(tmp_path_factory.mktemp("compiled") / "copy")
    assert run(root) == [[11, 11, 10], 0, []]
    return root


@pytest.fixture
def compiled_copy(compiled_once, tmp_path):
    """A copy of the cellar where all is compiled; files keep their times."""
    return shutil.copytree(compiled_once, tmp_path / "copy")


def start(copy, **environment):
    """Start a process that runs both kernels of a copy."""
    environment = {
        **os.environ,
        # A file that is edited twice in a second would be read from its bytecode.
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_DISABLE_JIT": "0",
        "PYTHONPATH": str(copy),
        **environment,
    }
    command = [sys.executable, "-P", "-c", RUN]  # not the package in the current folder
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process):
    """Return results, the number of signatures that came from disk, and warnings."""
    out, errors = process.communicate()
    assert process.returncode == 0, errors
    return json.loads(out)


def run(copy, **environment):
    return finish(start(copy, **environment))


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("deep/inner.py", "10 *", "20 *", [21, 21, 20]),
        ("steps.py", "1", "2", [12, 12, 10]),
        ("outer.py", "+ STEP", "- STEP", [9, 9, 10]),
        ("bits.py", '"""Sets', '"""Some', [11, 11, 10]),
    ],
)
def test_editing_any_file_compiles_all_anew(compiled_copy, file, old, new, expected):
    copy = compiled_copy
    kept = files(copy, ".nb")
    path = copy / "skactland" / "_compiled" / file
    path.write_text(path.read_text().replace(old, new))
    assert run(copy) == [expected, 0, []]
    assert run(copy) == [expected, 3, []]
    assert files(copy, ".nb") == kept


def test_what_is_compiled_may_be_moved(compiled_copy):
    assert run(compiled_copy) == [[11, 11, 10], 3, []]


def test_a_given_folder_is_used(copy, tmp_path):
    chosen = tmp_path / "chosen"
    assert run(copy, NUMBA_CACHE_DIR=str(chosen)) == [[11, 11, 10], 0, []]
    assert run(copy, NUMBA_CACHE_DIR=str(chosen)) == [[11, 11, 10], 3, []]
    assert files(chosen, ".nb")
    assert not files(copy, ".nb")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_without_a_folder_it_says_so_once_and_goes_on(copy, tmp_path, packed, given):
    """Files stand where folders should be made, as permissions do not bind an administrator."""
    file = tmp_path / "file"
    file.write_bytes(b"")
    nowhere = {"HOME": str(file / "home"), "XDG_CACHE_HOME": str(file / "cache")}
    if given:
        nowhere["NUMBA_CACHE_DIR"] = str(file)
    for room in (copy / "skactland").rglob("."):
        (room / "__pycache__").write_bytes(b"")
    if packed:
        copy = pack(copy)
    results, n_loaded, said = run(copy, **nowhere)
    assert (results, n_loaded, len(said)) == ([11, 11, 10], 0, 1)
    assert "cannot be kept" in said[0]
    assert "NUMBA_CACHE_DIR to a folder that can be written to" in said[0]


def pack(copy):
    """Return a zip archive of a copy, which Python can import from."""
    archive = copy.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as target:
        for path in copy.rglob("*.py"):
            target.write(path, path.relative_to(copy))
    return archive


def test_processes_that_compile_at_once(copy):
    processes = [start(copy) for _ in range(2)]
    for process in processes:
        results, _, said = finish(process)
        assert (results, said) == ([11, 11, 10], [])
    assert run(copy) == [[11, 11, 10], 3, []]
    assert not files(copy, ".tmp")
