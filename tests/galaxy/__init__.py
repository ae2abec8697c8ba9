"""A real Galaxy server for the demo and the tests, from PyPI packages, leaving nothing behind.

`environments` builds the virtual environments, `configuration` writes Galaxy's settings,
`server` starts and stops it (`supervisor` does so even when the caller is killed),
`workflow` runs a workflow in it, `screenshots` opens its web client. `demo` and `serve`
are the commands; `toolshed`, `on_slurm` and `on_pulsar` those of the runs that `tests` leaves out.
"""
