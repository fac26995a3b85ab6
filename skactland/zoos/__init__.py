"""Zoos of any size: networks taken one at a time through the stages."""

from skactland.zoos._each import EachNetwork

__all__ = ["EachNetwork"]
