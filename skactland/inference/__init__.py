"""Tests, confidence bands and scores of measures, in the manner of :mod:`scipy.stats`."""

from skactland.inference._bands import ConfidenceBand, confidence_band, mean_difference_band
from skactland.inference._bar_tests import BarTestResult, bar_test, universal_bar_test
from skactland.inference._generalisation import (
    conditional_mutual_information,
    granulated_kendall_tau,
)
from skactland.inference._groups import permutation_test
from skactland.inference._independence import independence_test
from skactland.inference._null_clouds import null_clouds
from skactland.inference._null_test import NullTestResult, null_test
from skactland.inference._results import PermutationTestResult, ResamplingResult
from skactland.inference._trend import trend_test

__all__ = [
    "BarTestResult",
    "ConfidenceBand",
    "NullTestResult",
    "PermutationTestResult",
    "ResamplingResult",
    "bar_test",
    "conditional_mutual_information",
    "confidence_band",
    "granulated_kendall_tau",
    "independence_test",
    "mean_difference_band",
    "null_clouds",
    "null_test",
    "permutation_test",
    "trend_test",
    "universal_bar_test",
]
