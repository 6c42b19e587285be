"""One call from a recording to a Description, for Python users; the command line goes the same way."""

from pathlib import Path
from typing import Any

from foveate.description.describe import telling
from foveate.description.description import TOY_DEVICE, Description
from foveate.errors import UsageError
from foveate.gaze.correction import Correction, corrected
from foveate.model import load_model
from foveate.model.model import Model
from foveate.predict import with_gaze
from foveate.recording import open_recording
from foveate.recording.recording import Recording


def default_model(recording: Recording) -> str:
    """The model for a recording where the user named none: the built-in one for the toy kitchen.

    Raises:
        UsageError: for any other recording, offering models that fit this machine.
    """
    if recording.device == TOY_DEVICE:
        return "builtin"
    from foveate.model.offer import offer  # looks at the machine: only where there is something to offer

    raise UsageError(f"no model was named, and there is no silent default. {offer()}")


def opened(
    recording: Recording | Path | str,
    model: Model | str | None,
    *,
    send: bool,
    gaze: str | None = None,
    correction: Correction | None = None,
) -> tuple[Recording, Model]:
    """What describe and ask are given, opened and loaded: a path, a model's name, or None for the recording's default model."""
    if not isinstance(recording, Recording):
        recording = open_recording(recording)
    if model is None:
        model = default_model(recording)
    recording = corrected(with_gaze(recording, gaze), correction or Correction())
    return recording, load_model(model, send=send) if isinstance(model, str) else model


def describe(
    recording: Recording | Path | str,
    *,
    model: Model | str | None = None,
    send: bool = False,
    summary: bool = True,
    gaze: str | None = None,
    correction: Correction | None = None,
    **how: Any,
) -> Description:
    """Tell what the wearer of a recording did, span by span.

    Args:
        recording: an open recording, or a path.
        model: a loaded model, or its name; None only for toy kitchen recordings.
        send: whether images may leave this machine.
        summary: whether the model is asked to sum up.
        gaze: what stands in for measured gaze, such as ``center`` or ``file:PATH``, see ``foveate.predict``; None to use
            what was measured.
        correction: what to correct of the gaze first.
        how: view, size, fps, segment, prompt, start_s, stop_s, budget_tokens, without_gaze, batch, max_new_tokens, as for
            ``telling``.

    Returns:
        The description; ``foveate.description.write`` writes its files. Where the model goes away midway it is not
        ``complete``.

    Raises:
        FoveateError: where something does not fit or cannot be read.
    """
    recording, model = opened(recording, model, send=send, gaze=gaze, correction=correction)
    job = telling(recording, model, **how)
    return job.told(summary=summary)
