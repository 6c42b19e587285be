"""Gaze in a training loop of one's own: the marked lines are all that it takes; afterwards the model needs no gaze."""

import torch
from torch.utils.data import DataLoader

from foveate.dataset.toykitchen import activity_samples
from foveate.model import load_model
from foveate.model.builtin import FOLDER
from foveate.model.hf_load import load_folder
from foveate.toykitchen import World
from foveate.train import Collator, Gaze
from foveate.train.prepare import Counts, Preparer, Recipe
from foveate.train.shards import as_item

# Four clips of a drawn recording. Of a data set: foveate prepare DATASET --model hf:... -o shards, then ShardDataset("shards")
samples = list(activity_samples(World(3, duration_s=30.0)))[:4]
preparer = Preparer(load_model("builtin", device="meta"), Recipe(check=None))
clips = preparer.clips(samples, side="train", counts=Counts())
dataset = [as_item(clip, [image.target for image in clip.images]) for clip in clips]

loaded = load_folder(str(FOLDER), dtype="float32", device="cpu", trust_remote_code=False, processor_options={})
model, processor = loaded.model, loaded.processor

torch.manual_seed(0)
gaze = Gaze(model, strength=1.0)  # 1: before the optimiser, after peft
optimizer = torch.optim.AdamW(gaze.block.parameters(), lr=3e-3)
for epoch in range(4):
    for batch in DataLoader(dataset, batch_size=2, collate_fn=Collator(processor, model.config)):  # 2: prompts, labels, targets
        text = model(**gaze.inputs(batch)).loss  # 3: without what is for training only
        loss = text + gaze.loss(batch)  # 4
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print(f"epoch {epoch}: text {text.detach():.3f}, gaze {(loss - text).detach():.3f}")
gaze.save("trained")  # 5: the block; model.save_pretrained("trained") writes a plain checkpoint beside it
