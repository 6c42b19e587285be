"""Small studies for tests: two recordings in tables, and a server that answers."""

from pathlib import Path
from typing import Any

from foveate.evaluation.study import Study
from foveate.evaluation.study_file import study_of
from writers.table import FPS, FRAMES, write_table
from writers.video import write_clip

REFERENCES = """recording,start_s,stop_s,reference,reference_2,category
anna,0,0.4,The person looks at the cup.,She looks at the cup.,look
anna,0.4,0.8,The person takes the cup.,,take
ben,0,0.4,The person takes the pan.,,take
ben,0.4,0.8,,,take
"""


def make_recordings(folder: Path) -> Path:
    """``anna`` and ``ben``, 0.8 s each, and ``refs.csv`` of four spans, of which one has no reference."""
    for name in ("anna", "ben"):
        write_table(folder / name)
    write_clip(folder / "ben" / "scene.mp4", frames=FRAMES, fps=FPS, first=3)
    (folder / "refs.csv").write_text(REFERENCES)
    return folder


def small_study(folder: Path, *, views: list[str] | None = None, **sections: dict[str, Any]) -> Study:
    """A study of these recordings with the mock, of which sections may be changed."""
    given: dict[str, Any] = {
        "title": "small",
        "out": "run",
        "samples": {"recordings": ["anna", "ben"], "references": "refs.csv"},
        "show": {"views": views or ["gaze", "center", "no image"], "size": "20", "fps": 5},
        "ask": {"models": ["mock"], "instructions": ["activity"]},
        "score": {"metrics": ["exact_match"]},
    }
    for name, section in sections.items():
        given[name] = {**given.get(name, {}), **section}
    return study_of(given, folder=folder)
