"""How much memory is left for what is about to be computed, or kept."""

from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")

# Of each version of control groups, by the controllers that its line in /proc names: the folder,
# the limit, what is in use, and what of it is cache.
_FILES_OF = {
    "": ("", "memory.max", "memory.current", "inactive_file"),
    "memory": ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def available_memory():
    """Return the bytes that this process can allocate; None if the system does not say.

    The least of what the machine has without swapping, what the limits of the process (``ulimit``)
    leave, and what its control groups (containers, batch systems) leave.
    """
    rooms = [*_machine_room(), *_process_rooms(), *_group_rooms()]
    return max(min(rooms), 0) if rooms else None


def _machine_room():
    sizes = _read_pairs(_PROC / "meminfo")
    if "MemAvailable:" in sizes:
        yield sizes["MemAvailable:"] * 1024


def _process_rooms():
    """Yield what limits of this process's address space and data leave."""
    if resource is None:
        return
    sizes = _read_pairs(_PROC / "self" / "status")
    for limit, in_use in ((resource.RLIMIT_AS, "VmSize:"), (resource.RLIMIT_DATA, "VmData:")):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY and in_use in sizes:
            yield soft - sizes[in_use] * 1024


def _group_rooms():
    """Yield what each control group that holds this process leaves; a group is under its parents.

    Within a container the path may begin outside of it, where nothing can be read; what can be
    is the container's own group, which then stands at the root.
    """
    for line in _read_lines(_PROC / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers not in _FILES_OF:
            continue
        root, limit, in_use, cache = _FILES_OF[controllers]
        folder = _CGROUPS / root / path.lstrip("/")
        for group in (folder, *folder.parents):
            if not group.is_relative_to(_CGROUPS / root):
                break
            most, used = _read_number(group / limit), _read_number(group / in_use)
            if most is not None and used is not None:
                # Pages of files that have not been read for a while are given back first.
                yield most - used + _read_pairs(group / "memory.stat").get(cache, 0)


def _read_lines(path):
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _read_pairs(path):
    """Return the words of a file that are followed by a whole number, with that number."""
    words = (line.split() for line in _read_lines(path))
    return {word[0]: int(word[1]) for word in words if len(word) > 1 and word[1].isdigit()}


def _read_number(path):
    """Return the only number of a file; None if there is no such file, or it says "max"."""
    words = " ".join(_read_lines(path))
    return int(words) if words.isdigit() else None
