"""What may come in, and the messages for what may not.

A check takes a value and returns it in the form that the package computes with. It does not know
where the value stands: the loop that does says so around it, by :func:`at_place`.
"""

from skactland._checks._arrays import as_array, as_matrix, check_matrix, is_network
from skactland._checks._cells import check_classes, check_cloud, check_diagram
from skactland._checks._messages import FIRST_ROW, at_place, closest_names, warn_user
from skactland._checks._parameters import (
    check_coefficient_field,
    check_count,
    check_finite,
    check_flag,
    check_homology_dimensions,
    check_max_edge_length,
    check_n_jobs,
    check_option,
    check_positive,
    check_seed,
    check_weights,
    check_window,
)
from skactland._checks._typed import Classes, Simplices, are_classes

__all__ = [
    "FIRST_ROW",
    "Classes",
    "Simplices",
    "are_classes",
    "as_array",
    "as_matrix",
    "at_place",
    "check_classes",
    "check_cloud",
    "check_coefficient_field",
    "check_count",
    "check_diagram",
    "check_finite",
    "check_flag",
    "check_homology_dimensions",
    "check_matrix",
    "check_max_edge_length",
    "check_n_jobs",
    "check_option",
    "check_positive",
    "check_seed",
    "check_weights",
    "check_window",
    "closest_names",
    "is_network",
    "warn_user",
]
