"""Whether a distance matrix and what is computed from it fit into memory."""

from pathlib import Path

# The matrix, a temporary half of it, the edges with their lengths, an apex for each, rows of bits.
_BYTES_PER_PAIR = 23


def check_memory_for(n_points, where):
    """Refuse a cloud that is too large for the memory that is available, before allocating."""
    available = _available_memory()
    if available is None or _BYTES_PER_PAIR * n_points**2 <= available:
        return
    raise MemoryError(
        f"{where}: {n_points} points need about {_BYTES_PER_PAIR * n_points**2 / 1e9:.1f} GB, and "
        f"{available / 1e9:.1f} GB are available, enough for about "
        f"{int((available / _BYTES_PER_PAIR) ** 0.5)} points. Use fewer: landmarks or several "
        "subsamples (skactland.PointSampler), or max_points of the extractor."
    )


def _available_memory():
    """Return the bytes that can be allocated without swapping, None if the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    sizes = dict(line.split(":") for line in lines)
    return int(sizes["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in sizes else None
