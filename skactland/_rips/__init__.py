"""Engines of Vietoris-Rips persistence: from a distance matrix to the bars of each degree."""
