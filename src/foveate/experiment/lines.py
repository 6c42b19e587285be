"""What was asked and answered, one line per item, appended as it happens so that a stopped experiment goes on."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from foveate.errors import UsageError


@dataclass(frozen=True)
class Line:
    """One answer, beside what would have been right."""

    condition: str
    """World and task, such as ``kitchen activity``."""
    arm: str
    """What the model was shown, or what stands in for a model."""
    recording: str
    """Whose span it is: the unit of every test."""
    item: str
    """The span's name, the same in every arm."""
    reference: str
    """The truth."""
    hypothesis: str
    """The answer."""
    visual_tokens: int
    """Tokens that stood for images."""
    seconds: float
    """Time that the answer took, drawing not included; its share of the batch."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.condition, self.arm, self.item


class LineFile:
    """Lines on disk."""

    def __init__(self, path: Path) -> None:
        """Open a file of lines, or begin one; a last line that was cut off by a crash is dropped.

        Raises:
            UsageError: where the file holds something else.
        """
        self.path = path
        self.lines: dict[tuple[str, str, str], Line] = {}
        if path.exists():
            self._read()

    def _read(self) -> None:
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            self.path.write_bytes(whole)
        for number, row in enumerate(whole.decode("utf-8").splitlines(), start=1):
            try:
                line = Line(**json.loads(row))
            except (ValueError, TypeError) as error:
                raise UsageError(f"line {number} of {self.path} is no answer of an experiment; delete the file") from error
            self.lines[line.key] = line

    def add(self, lines: Iterable[Line]) -> None:
        """Append lines."""
        found = list(lines)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(line)) + "\n" for line in found)
        self.lines.update({line.key: line for line in found})


def fingerprint(*parts: object) -> str:
    """A short name of everything that answers depend on: another protocol or model begins another file."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
