"""The papers' questions, asked of the toy kitchen: EXPERIMENTS is the visible list, one file each."""

EXPERIMENTS = {name: f"foveate.experiment.{name}" for name in ("view", "crop_size", "fps", "view_noise", "smoothing")}
"""Name -> the module that holds PROTOCOL, QUICK and ``run(protocol, ...)``: one model, shown things in several ways."""

STUDIES = {
    name: f"foveate.experiment.{name}"
    for name in (
        *("tuning", "strength", "query", "aggregation", "unseen"),
        *("sigma", "output", "direction", "blocks", "heads", "prompting", "static_image", "horizon"),
        *(
            "data",
            "train_noise",
            "task_gaze",
            "joint",
            "third_person",
            "hallucination",
            "attention_maps",
            "steps",
            "gaze_alone",
        ),
    )
}
"""Name -> the module that holds STUDY: one learner, trained in several ways."""
