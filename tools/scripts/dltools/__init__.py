"""Shared parts of the deep learning tools, one module for each stage of the data's way.

`tables` and `labels` read what the user has, `layers` and `architecture` design the
network, `builder` bundles it with its training parameters, `training`, `splits` and
`scoring` fit and judge it, `model_file` keeps it, `prediction` uses it, `plots` shows it.
No module here parses command lines, and none imports TensorFlow unless it computes with it.
"""
