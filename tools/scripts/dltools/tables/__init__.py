"""Tabular text in and out."""
