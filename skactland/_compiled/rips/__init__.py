"""Kernels of Vietoris-Rips persistence in degrees 0 to 2."""
