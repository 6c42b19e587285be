#!/bin/sh
# Gaze-VLM's question with Qwen3-VL-4B on Ego4D: what does gaze in training add to a model that is then used without it?
# From the licensed download to a table: 3 seeds of the wearer's gaze and of four controls, text generated, recordings as the unit.
#
# Needs: Ego4D's licence and, under $DATA, v2/annotations/narration.json, v2/ego4d.json, v2/gaze/ and v2/full_scale/ of the videos
#   that have gaze (ego4d --datasets annotations gaze full_scale); pip install 'foveate[train,metrics]'; the model's weights.
# Time, cost, disk: UNKNOWN until run; the line "foveate train ... --estimate" below tells them from your data. Times 15 trainings.
# Result: UNKNOWN. Not run by us: no licence, no GPU here.
# The paper reports, for other models on the same gaze subset (33.3 h, 80 people; teacher-forced scores, no intervals): SBERT on activity
#   .7176 -> .7848 (OpenFlamingo) and .6831 -> .7404 (InternVL2.5-1B); on what comes next .6525 -> .7505 and .6323 -> .7318; 2 x A800
#   80 GB, 36 to 38 h for the base and about 50 h with gaze, captions by GPT-4V. Generated text scores otherwise: compare the margins.
# Stopped? Run it again: it goes on from where it was, and ends with the same weights (on the same machine).
#
#   DATA=/data/ego4d sh runs/qwen3-vl-4b-ego4d.sh
#   CAPTIONS=openai:MODEL@URL ...       reference texts by a captioning model instead of the narrations (images leave this
#     machine; who wore the tracker is then not known, so that sides are split by recording alone)
set -eu
data="${DATA:?name the folder that holds v2: DATA=/data/ego4d}"
model="${MODEL:-hf:Qwen/Qwen3-VL-4B-Instruct}"
work="${WORK:-.cache/qwen3-vl-4b-ego4d}"
seeds="${SEEDS:-1 2 3}"
targets="${TARGETS:-own none center shuffled mean}"
steps="${STEPS:-3000}"
accumulate="${ACCUMULATE:-4}"
mkdir -p "$work/runs"

foveate dataset "$data"
source="$data"
if [ -n "${CAPTIONS:-}" ]; then
    foveate caption "$data" --model "$CAPTIONS" --send --fps 1 -o "$work/captions"
    source="$work/captions/samples.jsonl"
fi
foveate prepare "$source" --model "$model" --view full --fps 1 --budget "${BUDGET:-256}" --window-ms 200 --check local \
    --sigma-px 20 --tasks activity,future --shares train=.8,validation=.1,test=.1 --workers "${WORKERS:-4}" -o "$work/shards"

. "$(dirname "$0")/parts/train_arms.sh"
