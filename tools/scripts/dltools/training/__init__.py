"""Fitting a network."""
