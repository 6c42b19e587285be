#!/bin/sh
# Gaze-VLM's question with SmolVLM2-2.2B on EGTEA Gaze+: what does gaze in training add to a model that is then used without it?
# From the licensed download to a table: 3 seeds of the wearer's gaze and of four controls, text generated, recordings as the unit.
#
# Needs: EGTEA Gaze+ under $DATA as it is published: the untrimmed videos, the gaze tables (BeGaze's text) and raw_annotations/
#   (docs/datasets.md); pip install 'foveate[train,metrics]'; the model's weights.
# Time, cost, disk: UNKNOWN until run; the line "foveate train ... --estimate" below tells them from your data. Times 15 trainings.
# Result: UNKNOWN. Not run by us: no licence, no GPU here.
# The paper trains on Ego4D and tests on EGTEA unseen, where it reports (teacher-forced scores, no intervals): SBERT on activity
#   .6963 -> .7527 (OpenFlamingo) and .6712 -> .7265 (InternVL2.5-1B); on what comes next .6501 -> .7305 and .6230 -> .7107.
#   Here EGTEA is trained on: its people are split, since its own split has the same people on both sides. Compare the margins.
# Stopped? Run it again: it goes on from where it was, and ends with the same weights (on the same machine).
#
#   DATA=/data/egtea sh runs/smolvlm2-egtea.sh
#   CAPTIONS=openai:MODEL@URL ...       reference texts by a captioning model instead of the actions' names (images leave this
#     machine; who wore the tracker is then not known, so that sides are split by recording alone)
set -eu
data="${DATA:?name the folder of EGTEA: DATA=/data/egtea}"
model="${MODEL:-hf:HuggingFaceTB/SmolVLM2-2.2B-Instruct}"
work="${WORK:-.cache/smolvlm2-egtea}"
seeds="${SEEDS:-1 2 3}"
targets="${TARGETS:-own none center shuffled mean}"
steps="${STEPS:-2000}"
accumulate="${ACCUMULATE:-2}"
mkdir -p "$work/runs"

foveate dataset "$data"
source="$data"
if [ -n "${CAPTIONS:-}" ]; then
    foveate caption "$data" --model "$CAPTIONS" --send --fps 1 -o "$work/captions"
    source="$work/captions/samples.jsonl"
fi
foveate prepare "$source" --model "$model" --view full --fps 1 --window-ms 200 --check local \
    --sigma-px 20 --shares train=.8,validation=.1,test=.1 --workers "${WORKERS:-4}" -o "$work/shards"

. "$(dirname "$0")/parts/train_arms.sh"
