"""Samples, targets, splits, and what is wrong with them."""
