"""Compare what views show of one moment, and what they cost at an equal budget of visual tokens."""

from foveate import load_model, make_view
from foveate.description.budget import within_budget
from foveate.gaze.align import align
from foveate.toykitchen import World
from foveate.view import Frame, take

recording = World(1, duration_s=4.0).recording()
model = load_model("mock")
index = 45
frame_gaze = align(recording.gaze, recording.scene.time_ns)
frame = Frame(recording.scene.size_px, int(recording.scene.time_ns[index]), tuple(frame_gaze.point_px[index]), recording.camera)

for name in ("gaze", "center", "random", "full"):
    view = make_view(name, size="448", fit=within_budget(model, 64))
    (seen,) = take(recording.scene, [index], [frame], view)
    (tokens,) = model.visual_tokens([seen.glimpses[0].size_px])
    corner = seen.to_scene([[0.0, 0.0]])[0]
    print(f"{name:7} {seen.images[0].shape}  {tokens} tokens  {seen.share_of_pixels:6.1%} of the pixels  from {corner}")
