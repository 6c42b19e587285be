"""The papers' questions, asked of the toy kitchen: EXPERIMENTS is the visible list, one file each."""

EXPERIMENTS = {"view": "foveate.experiment.view"}
"""Name -> the module that holds PROTOCOL, QUICK and ``run(protocol, ...)``."""
