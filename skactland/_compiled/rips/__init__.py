"""Kernels of Vietoris-Rips persistence in degrees 0 and 1."""
