"""What a user does with a recording or a data set, from opening it to a description; whatever is said on the way is kept."""

import hashlib
import json
import shutil
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import typer

from foveate.cli import COMMANDS
from foveate.dataset import counts, samples
from foveate.errors import FoveateError
from foveate.recording import Recording, open_recording
from foveate.recording.info import facts

LONGEST_ERROR = 2000
FIRST_S = 2.0
"""What is described of a recording."""
FRAMES = 3


class Use:
    """Steps, each of which may end in a typed error; anything else is a failure."""

    def __init__(self, beat: Callable[[], object]) -> None:
        self._beat = beat
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.failed = ""
        self._values = hashlib.sha256()

    def take(self, name: str, value: Any) -> None:
        """Keep a value for the comparison with those of the whole."""
        self._values.update(f"{name}={_digest(value)};".encode())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._beat()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                yield
        except FoveateError as error:
            said = str(error)
            self.errors.append(f"{name}: {said}")
            if "\n" in said or len(said) > LONGEST_ERROR or not said:
                self.failed = (
                    self.failed or f"{name}: an error of {len(said)} characters, {said.count(chr(10)) + 1} lines: {said}"
                )
        except Exception:
            self.failed = self.failed or f"{name}: {traceback.format_exc()[-3000:]}"

    def command(self, name: str, *arguments: str) -> None:
        """A command of the command line; leaving with a code is its way to have said what is wrong."""
        with self.step(f"foveate {name}"):
            app = typer.Typer(pretty_exceptions_enable=False)
            app.command(name)(import_module(COMMANDS[name]).command)
            try:
                code = app(arguments, standalone_mode=False)
            except SystemExit as leaving:
                code = leaving.code
            if code:
                self.errors.append(f"foveate {name}: left with {code}")

    def told(self) -> dict[str, Any]:
        found = {"errors": self.errors, "warnings": self.warnings, "values": self._values.hexdigest()}
        return {**found, "failed": self.failed} if self.failed else found


def use_recording(path: Path, out: Path, beat: Callable[[], object], *, commands: bool) -> dict[str, Any]:
    """Open, touch every stream, decode the first frames, ask for the facts; then the commands info, check and describe.

    Args:
        path: what a user names.
        out: folder for what is described; removed again.
        beat: called before each step.
        commands: whether the commands are run, too.

    Returns:
        errors and warnings, a digest of all values, and where something failed its traceback.
    """
    use = Use(beat)
    recording: Recording | None = None
    with use.step("open"):
        recording = open_recording(path)
    if recording is not None:
        for name in recording.loaders:
            with use.step(name):
                use.take(name, recording.stream(name))
        if "scene" in recording.loaders and not use.errors:
            with use.step("frames"):
                indices = range(min(FRAMES, len(recording.scene.time_ns)))
                use.take("frames", list(recording.scene.frames(indices)))
        with use.step("facts"):
            found = facts(recording)
            json.dumps(found, allow_nan=False)
            use.warnings = list(found["warnings"])
    if commands:
        use.command("info", str(path))
        use.command("check", str(path))
        use.command("describe", str(path), "--model=mock", f"--stop={FIRST_S}", f"--out={out}", "--quiet")
        shutil.rmtree(out, ignore_errors=True)
    return use.told()


def use_dataset(path: Path, out: Path, beat: Callable[[], object], *, commands: bool) -> dict[str, Any]:
    """Read every sample, count what is there; then the command dataset. See ``use_recording``."""
    use = Use(beat)
    left_out: Counter[str] = Counter()
    with use.step("samples"):
        for sample in samples(path, left_out=left_out):
            use.take("sample", [sample.id, sample.span, sample.reference, sample.asked, sample.participant, sample.side])
    with use.step("counts"):
        found = counts(path)
        json.dumps(found, allow_nan=False)
        use.take("counts", {key: value for key, value in found.items() if not key.startswith("left out")})
    if commands:
        use.command("dataset", str(path), "--json")
    use.warnings = [f"{count} {reason}" for reason, count in sorted(left_out.items())]
    return use.told()


USES: dict[str, Callable[..., dict[str, Any]]] = {
    "recordings": use_recording,
    "data sets": use_dataset,
}


def _digest(value: Any) -> str:
    """Values as text, without notes: what was said is compared by itself."""
    if isinstance(value, np.ndarray):
        return hashlib.sha256(value.tobytes()).hexdigest()
    if hasattr(value, "time_ns") and hasattr(value, "size_px") and not is_dataclass(value):
        return _digest([value.time_ns, value.size_px])
    if is_dataclass(value):
        return str([_digest(getattr(value, entry.name)) for entry in fields(value) if entry.name != "notes"])
    if isinstance(value, Mapping):
        return str([(str(key), _digest(entry)) for key, entry in value.items()])
    if isinstance(value, list | tuple):
        return str([_digest(entry) for entry in value])
    return repr(value)
