"""Whether a distance matrix and what is computed from it fit into memory."""

from pathlib import Path

# The matrix, its grades, an apex for each pair, and half of the edges, which is far more than are
# sorted at once unless lengths are few.
_BYTES_PER_PAIR = 22
# Asking how much is available takes longer than the homology of a small cloud.
_LITTLE = 10**8


def check_memory_for(n_points):
    """Refuse a cloud that is too large for the memory that is available, before allocating."""
    needed = _BYTES_PER_PAIR * n_points**2
    available = _available_memory() if needed > _LITTLE else None
    if available is None or needed <= available:
        return
    raise MemoryError(
        f"{n_points} points need about {needed / 1e9:.1f} GB, and "
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
