"""Kernels of persistence landscapes."""
