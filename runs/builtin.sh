#!/bin/sh
# Trains the built-in model from nothing on the toy kitchen, on a CPU, and puts it into the package.
#
# Needs: pip install -e '.[train]'; 2 cores, 5 GB of memory, 20 GB of disk for the drawn clips, which are deleted by hand.
# Time: not measured as it stands. The weights that ship took two runs on two shared cores of an AMD EPYC (Zen 5, bfloat16): 45 minutes
#   (10 to draw, 7 for the eyes, 28 for the rest) on the first six views, then 16 to draw and 27 for 1,900 steps on all views alike:
#   python -m foveate.train.builtin WORK --start WEIGHTS --first-world 480 --worlds 160 --steps 1900 --peak 3e-4   (docs/builtin.md)
# Result of these: exact match on 192 (others: 96; native: 32) clips of worlds 20,000 to 20,015, activity / next, at 16 visual tokens a frame:
#   gaze .97 / .61, mass .92 / .53, dual .92 / .58, warp .67 / .46, hands .60 / .38, full .54 / .27, mark .51 / .25, center .44 / .19,
#   random .25 / .17; at 144 tokens the full frame .81 / .50, the gaze crop .81 / .28.
# (the last line of runs/results/builtin_training.jsonl)
# Stopped? Run it again: it goes on from the last checkpoint, and ends with the same weights (on the same machine).
set -eu
work="${1:-.cache/builtin}"
python -m foveate.train.builtin "$work"
target="$(python -c 'from foveate.model.builtin import FOLDER; print(FOLDER)')"
mkdir -p "$target"
cp "$work"/export/* "$target"/
foveate experiment view
