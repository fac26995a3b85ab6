"""Zoos of any size: networks taken one at a time through the stages."""

from skactland.zoos._each import EachNetwork
from skactland.zoos._zoo_table import zoo_table

__all__ = ["EachNetwork", "zoo_table"]
