"""The model of a command: named by the user, or the built-in one for the toy kitchen; remote ones only with a yes."""

import sys

import typer

from foveate.cli.progress import working
from foveate.description.api import default_model
from foveate.errors import UsageError
from foveate.model import load_model
from foveate.model.model import Model
from foveate.recording.recording import Recording


def model_for(
    recording: Recording, name: str | None, *, send: bool, device: str = "auto", dtype: str = "auto", quiet: bool = False
) -> Model:
    """Load the model that a command will use.

    Args:
        recording: what it will be shown.
        name: what the user gave.
        send: whether images may leave this machine.
        device: of a local model.
        dtype: of a local model.
        quiet: whether to say nothing.

    Raises:
        UsageError: where none was named and none is the default, or where images may not leave.
    """
    return consented(name or default_model(recording), recording.name, send=send, device=device, dtype=dtype, quiet=quiet)


def consented(
    name: str, of: str, *, send: bool, device: str = "auto", dtype: str = "auto", quiet: bool = False, what: str = "frames"
) -> Model:
    """Load a model; one that runs elsewhere only where images, or words, may leave this machine.

    Args:
        name: as for ``load_model``.
        of: whose images it will be shown, in words.
        send: whether they may leave.
        device: of a local model.
        dtype: of a local model.
        quiet: whether to say nothing.
        what: would leave.
    """
    options = {key: value for key, value in (("device", device), ("dtype", dtype)) if value != "auto"}
    with working(f"loading {name}", quiet=quiet):
        model = load_model(name, send=send, **options)
    if model.is_remote and not send:
        question = f"{model.name} runs elsewhere: {what} of {of} would leave this machine. Send them?"
        if not (sys.stdin.isatty() and typer.confirm(question)):
            kind = "images" if what == "frames" else what
            raise UsageError(f"{model.name} runs elsewhere and {kind} leave this machine only with --send")
        model = load_model(name, send=True, **options)
    return model
