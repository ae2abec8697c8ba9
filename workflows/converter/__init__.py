"""Workflows saved with the tools before these, rewritten for their present forms.

Galaxy refuses to run a workflow whose saved state lacks a field of a tool's form, so that some states of versions
0.4.2 to 1.0.9 of the tools, and of newer ones of To categorical, need to be rewritten: `python -m workflows.converter`.

It lies beside the workflows: it belongs to no job, and works without Galaxy and without any package.
"""
