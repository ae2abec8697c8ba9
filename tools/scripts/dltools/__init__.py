"""The packages that the tools' scripts share, by stage of the data's way; docs/developers.md has a line on each.

No module here parses command lines, and none imports TensorFlow unless it computes with it.
"""
