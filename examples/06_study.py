"""A study in one call: the same spans shown in three ways to one model, its answers scored, and what each span was shown."""

import foveate
from foveate.evaluation.remake import Remaker

study = {
    "title": "Gaze against centre",
    "samples": {"dataset": "toykitchen", "worlds": 2, "duration_s": 12, "spans": 2},
    "show": {"views": ["gaze", "center", "no image"]},
    "ask": {"models": ["builtin"], "max_new_tokens": 24},
    "score": {"metrics": ["exact_match", "object_words"]},
}
run = foveate.evaluate(study, out="run")
for shown in run.facts["shown"]:
    lines = [line for line in run.lines if line.shown == shown]
    for line in lines:
        print(
            f"{shown:9} {line.visual_tokens:3} tokens  {line.scores['object_words']:.2f}  {line.text}  [{line.references[0]}]"
        )

remaker = Remaker(run)  # a Run can be shown again, without the model
print([image.image.shape for image in remaker.images(run.lines[0])], "written to", run.folder)
