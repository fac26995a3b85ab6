"""``python -m skactland`` compiles everything, and says so."""

import importlib
import json
import os
import pkgutil
import subprocess
import sys

import skactland._compiled
from skactland.__main__ import JOBS


def in_a_process(*arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "NUMBA_DISABLE_JIT": "0"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def print_what_python_has_called():
    """Run the jobs, and print what of the kernels that no other calls has been compiled, or not."""
    for job in JOBS:
        job()
    kernels = {}
    for module in pkgutil.walk_packages(skactland._compiled.__path__, "skactland._compiled."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if hasattr(value, "_from_python"):
                kernels[f"{value.__module__}.{name}"] = value
    called = {
        id(kernel.__wrapped__.__globals__.get(name))
        for kernel in kernels.values()
        for name in kernel.__wrapped__.__code__.co_names
    }
    print(
        json.dumps(
            {
                name: bool(kernel._from_python.overloads)
                for name, kernel in kernels.items()
                if id(kernel) not in called
            }
        )
    )


def test_every_kernel_is_called():
    code = "from test_command import print_what_python_has_called as run; run()"
    found = json.loads(
        in_a_process("-c", f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r}); {code}")
    )
    missing = {name for name, is_compiled in found.items() if not is_compiled}
    # Asked of tables alone that may not fit into memory.
    assert missing <= {"skactland._compiled.landscapes.tents.count_critical_points"}
    # Neither is the list empty, nor does it name what kernels call.
    assert "skactland._compiled.rips.pairing.persistence_pairs" in found
    assert "skactland._compiled.rips.lunes.first_in_lune" not in found


def test_it_says_when_it_is_done():
    assert in_a_process("-m", "skactland").startswith("All functions are compiled, after ")


def test_it_does_not_pretend():
    done = subprocess.run(
        [sys.executable, "-m", "skactland"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "unset it" in done.stderr
    assert done.stdout == ""
