"""``python -m foveate.train.builtin WORK``."""

from foveate.train.builtin.training import main

main()
