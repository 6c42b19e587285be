"""Stop and ask: push frames as a live application would, then ask about the last seconds."""

import foveate
from foveate.toykitchen import World

world = World(1, duration_s=6.0)
recording = world.recording()
asker = foveate.Asker(foveate.load_model("mock"), foveate.make_view("gaze"), fps=1.0, window_s=5.0)

gaze = recording.gaze
for index in range(0, 180, 15):  # a slow camera: two frames a second
    time_ns = int(recording.scene.time_ns[index])
    sample = gaze.time_ns.searchsorted(time_ns)
    point = tuple(gaze.point_px[sample]) if gaze.valid[sample] else None
    (frame,) = recording.scene.frames([index])
    asker.push(frame, time_ns, point)

for question in ("What is the person doing?", "And what comes next?"):
    print(question)
    for piece in asker.ask(question, now_ns=time_ns):
        print(piece if isinstance(piece, str) else f"\n  {piece.usage.visual_tokens} visual tokens", end="")
    print()
