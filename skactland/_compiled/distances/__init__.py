"""Kernels of distance matrices and of graphs of neighbours."""
