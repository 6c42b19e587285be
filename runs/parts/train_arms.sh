# The second half of the scripts beside this folder, which source it: one training for every seed and target, then one table.
# Takes from them: model, work, seeds, targets, steps, accumulate; the shards lie in $work/shards.
for seed in $seeds; do
    for target in $targets; do
        cat >"$work/runs/$target-$seed.toml" <<RUN
model = "$model"
shards = "../shards"
out = "../trained/$target-$seed"
targets = "$target"
seed = $seed
mode = "block"
strength = 1.0
tune = "lora"
encoder = "frozen"
learning_rate = 7e-5
block_learning_rate = 1e-3
steps = $steps
batch_size = ${BATCH:-8}
accumulate = $accumulate
precision = "${PRECISION:-bfloat16}"
checkpointing = true
workers = ${READERS:-4}
evaluate_every = ${EVALUATE_EVERY:-500}
evaluate_on = ${EVALUATE_ON:-128}
max_new_tokens = 48
save_every = 250
RUN
    done
done
first="${targets%% *}-${seeds%% *}"
foveate train "$work/runs/$first.toml" --estimate --measure "${MEASURE:-3}"
if [ -n "${ESTIMATE_ONLY:-}" ]; then exit 0; fi

set --
for seed in $seeds; do
    for target in $targets; do
        foveate train "$work/runs/$target-$seed.toml"
        set -- "$@" "$work/trained/$target-$seed"
    done
done
foveate results "$@" --side test -o "$work/results"
