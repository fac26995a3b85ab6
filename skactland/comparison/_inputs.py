"""Whether the rows of clouds are of the same inputs, where data frames tell."""

from collections import Counter


def check_same_order(clouds):
    """Refuse data frames that have the same index in another order: rows are paired by position.

    Of an index that has other labels nothing is known, as of one that was reset.

    Parameters
    ----------
    clouds : dict of str to cloud
        By the words for where each stands.
    """
    seen = []
    for place, cloud in clouds.items():
        index = getattr(cloud, "index", None)
        if callable(index) or index is None:  # a list has a method of that name
            continue
        if any(index.equals(other) for _, other in seen):
            continue
        for other_place, other in seen:
            if len(index) == len(other) and Counter(index) == Counter(other):
                raise ValueError(
                    f"{other_place} and {place} have the same index in another order, and row i of "
                    "both must belong to the same input; bring them into one order, as "
                    "`other.loc[cloud.index]` does, or give arrays."
                )
        seen.append((place, index))
