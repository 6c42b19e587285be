#!/bin/sh
# Trains the built-in model from nothing on the toy kitchen, on a CPU, and puts it into the package.
#
# Needs: pip install -e '.[train]'; 2 cores, 4 GB of memory, 16 GB of disk for the drawn clips, which are deleted by hand.
# Time: about 45 minutes on two shared cores of an AMD EPYC (Zen 5, bfloat16): 10 to draw, 7 for the eyes, 28 for the rest.
# Result: exact match on 256 (others: 96; native: 32) clips of worlds 20,000 to 20,031, activity / next: gaze .91 / .54, center .45 / .22,
#   random .27 / .15, full .42 / .22, at 16 visual tokens a frame; full frame at 288 px (144 tokens) .81 / .34, gaze crop at 288 px .69 / .25.
# The committed weights come from one such run that was stopped four times, where its number of steps was set anew (3500, 3900, 3500, 4000,
#   3550: the learning rate's decay follows it). The same steps from nothing come close, not bit by bit.
# Stopped? Run it again: it goes on from the last checkpoint, and ends with the same weights (on the same machine).
set -eu
work="${1:-.cache/builtin}"
python -m foveate.train.builtin "$work"
target="$(python -c 'from foveate.model.builtin import FOLDER; print(FOLDER)')"
mkdir -p "$target"
cp "$work"/export/* "$target"/
foveate experiment view
