"""What was blurred in the clips of a study, counted, with what is to be known of it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from foveate.faces.blur import BOXES, FRAMES, WITH_FACES
from foveate.faces.detect import FaceDetector
from foveate.study.clips import counted
from foveate.study.config import Raters

OPTION = "face_models = ... in [raters]"
NOT_ALL = "faces that are small, turned away, covered or upside down are missed: look at every clip before anyone else does"


def detector_of(raters: Raters) -> FaceDetector | None:
    """What finds faces; None where they are shown.

    Raises:
        MissingExtraError, ModelError: where its network cannot be run.
    """
    return FaceDetector(raters.face_models, option=OPTION) if raters.faces == "blur" else None


def count_faces(clips: Iterable[Sequence[str]], raters: Raters, faces: FaceDetector) -> dict[str, Any]:
    """What was found in clips that are cut, as JSON has it.

    Args:
        clips: the files of each.
        raters: says where they are.
        faces: what found them.
    """
    found: Counter[str] = Counter()
    for names in clips:
        found.update(json.loads((raters.clip_folder / counted(names)).read_text(encoding="utf-8")))
        found["clips"] += 1
    counts = {name: found[name] for name in ("clips", FRAMES, WITH_FACES, BOXES)}
    return {**counts, "network": faces.fingerprint, "note": NOT_ALL}


def told_of_faces(counts: Mapping[str, Any]) -> str:
    """The same as a sentence."""
    return (
        f"faces: {counts[BOXES]} blurred in {counts[WITH_FACES]} of {counts[FRAMES]} frames of {counts['clips']} clips "
        f"(network {counts['network']}); {counts['note']}"
    )
