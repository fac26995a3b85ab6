"""The pages that say how to add something, walked through on a copy of the package.

The name puts this file last: the copy then finds all kernels compiled.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import skactland

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "maintaining" / "adding"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.stem != "index")
#: A block begins with the file that it is (python) or changes (diff).
BLOCK = re.compile(r"```(python|diff)\n(?:# |\+\+\+ )(\S+)\n(.*?)```", re.DOTALL)
#: Tests that are there already and run over what the pages add, and which of them.
FILES = ["architecture", "docs", "engines", "estimators", "inference_ties", "metrics"]
KEYWORDS = "entropy or folders or laplacian or linkage or ranked or floors or home or reference"


def copy_package(copy):
    """Copy the package, compiled kernels and all, its tests and its reference."""
    shutil.copytree(Path(skactland.__file__).parent, copy / "skactland")
    (copy / "docs").mkdir()
    (copy / "tests").mkdir()
    tests = [path.relative_to(ROOT) for path in (ROOT / "tests").glob("*.py")]
    for path in (Path("pyproject.toml"), Path("docs", "api.rst"), *tests):
        shutil.copy2(ROOT / path, copy / path)


def follow(page, copy):
    """Write the files of a page and make its changes; return which files of Python these are."""
    text = page.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("```python") + text.count("```diff"), "a block names no file"
    for kind, path, content in blocks:
        if kind == "python":
            assert not (copy / path).exists(), f"{path} is there already"
            (copy / path).write_text(content, encoding="utf-8")
        else:
            for change in content.split("@@\n"):
                make_change(copy / path, change)
    paths = [path for _, path, _ in blocks if path.endswith(".py")]
    assert any(path.startswith("tests/") for path in paths), f"{page.stem} shows no test"
    return paths


def make_change(path, change):
    """Replace the lines of a change that are not added by those that are not taken away."""
    lines = change.splitlines(keepends=True)
    old, new = ("".join(line[1:] or "\n" for line in lines if line[0] != sign) for sign in "+-")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} should hold once:\n{old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(folder, *command):
    """Run a module of Python in a folder; what it says if it fails is the message."""
    command = [sys.executable, "-m", *command]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_pages_add_works(tmp_path):
    assert len(PAGES) == 6
    copy_package(tmp_path)
    changed = {path for page in PAGES for path in follow(page, tmp_path)}
    run(tmp_path, "ruff", "check", "--quiet", *changed)
    tests = {f"tests/test_{name}.py" for name in FILES}
    tests |= {path for path in changed if path.startswith("tests/")}
    # What old versions warn of is no matter here, as it is none in .ci/oldest.
    options = ("-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")
    run(tmp_path, "pytest", "-q", *options, "-k", KEYWORDS, *sorted(tests))
