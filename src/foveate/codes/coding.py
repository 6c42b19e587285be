"""A recording coded by a model: the same spans, views and answers as a description, and a label out of every answer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foveate.clock import NS_PER_S, Span, seconds_to_ns
from foveate.codes.answer import Choice, Per, check_per, chosen, instruction, mapped
from foveate.codes.book import UNCLEAR, CodeBook, book_of, read_book
from foveate.codes.table import CODES, LABELS, CodedSpan, Stretch, codes_json, labels_csv
from foveate.codes.tracked import tracked_s
from foveate.description.api import opened
from foveate.description.describe import Telling, telling
from foveate.description.description import Description
from foveate.description.segments import Segment
from foveate.errors import UsageError
from foveate.gaze.clean import clean_recording
from foveate.gaze.correction import Correction
from foveate.model.model import Model
from foveate.recording.gaze_source import STREAM
from foveate.recording.recording import Recording

MOST_ON_PAGE = 400
"""Spans of which report.html is made; fixations come by the thousand."""

MOST_REASONS = 6
"""Reasons that are told apart outside the table."""


@dataclass(frozen=True)
class Coding:
    """How recordings are coded."""

    book: CodeBook
    """What is chosen from."""
    per: Per = "span"
    """What gets a label: every span, or every fixation inside the spans."""
    prompt: str | None = None
    """For a model that understands only its own prompts: which of them."""

    @staticmethod
    def of(told: Mapping[str, Any]) -> "Coding":
        """What ``to_dict`` gave."""
        return Coding(book_of(told["codebook"]), check_per(told["per"]), told.get("prompt"))

    @staticmethod
    def read(file: Path, *, per: str = "span", prompt: str | None = None) -> "Coding":
        """With a code book in a file.

        Raises:
            UsageError: for a code book or a word that is wrong.
        """
        return Coding(read_book(file), check_per(per), prompt)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: all that labels depend on."""
        return {"codebook": self.book.to_dict(), "per": self.per, "prompt": self.prompt}

    def check(self, model: Model) -> None:
        """Refuse a model that cannot choose from this code book.

        Raises:
            UsageError: saying what to do.
        """
        instruction(self.book, self.per, model, self.prompt)

    def asked(self, job: Telling) -> Telling:
        """A telling that asks for labels.

        Args:
            job: made without a prompt.

        Raises:
            UsageError: for a model that cannot choose, or fixations of gaze that was not measured.
            RecordingError: where a recording without gaze should be coded by fixations.
        """
        asks = instruction(self.book, self.per, job.model, self.prompt)
        return replace(job, instruction=asks, segments=_fixations(job) if self.per == "fixation" else job.segments)

    def choice(self, text: str, model: Model) -> Choice:
        """The label of an answer."""
        return mapped(text, self.book) if model.instructions else chosen(text, self.book)


@dataclass(frozen=True)
class Coded:
    """A recording with its labels."""

    spans: tuple[CodedSpan, ...]
    """In order of time."""
    stretch: Stretch
    """What was to be coded."""
    coding: Coding
    """How."""

    @property
    def counts(self) -> dict[str, int]:
        """Label -> spans, in the order of the code book, those that were never chosen included."""
        found = Counter(span.label for span in self.spans)
        return {name: found[name] for name in self.coding.book.names}

    @property
    def failures(self) -> dict[str, int]:
        """Why there is no label, without the words that came -> spans; the most frequent first."""
        reasons = Counter(span.reason.partition(":")[0] for span in self.spans if span.label is None)
        return dict(reasons.most_common())

    def counted(self, count: int) -> str:
        """A number of what gets a label: 3 spans, 1 fixation."""
        return f"{count:,} {self.coding.per}{'' if count == 1 else 's'}"

    def failure_lines(self) -> list[str]:
        """The same in lines; the most frequent reasons only, where there are many."""
        reasons = list(self.failures.items())
        lines = [f"no label in {self.counted(count)}: {reason}" for reason, count in reasons[:MOST_REASONS]]
        if more := sum(count for _, count in reasons[MOST_REASONS:]):
            lines.append(f"no label in {self.counted(more)} for other reasons, each in {LABELS}")
        return lines

    @property
    def has_page(self) -> bool:
        """Whether a page with a picture of every span would still open."""
        return len(self.spans) <= MOST_ON_PAGE

    def files(self, name: str) -> dict[str, str]:
        """labels.csv and codes.json of a recording by itself, under its name in outputs."""
        name = name.encode("utf-8", "backslashreplace").decode("utf-8")  # a file's name may be no UTF-8
        spans = [replace(span, recording=name) for span in self.spans]
        table = labels_csv(spans).decode("utf-8")
        return {LABELS: table, CODES: codes_json(self.coding.book, self.coding.per, {name: self.stretch})}


def code(
    recording: Recording | Path | str,
    *,
    codebook: CodeBook | Path | str,
    model: Model | str | None = None,
    per: str = "span",
    prompt: str | None = None,
    send: bool = False,
    gaze: str | None = None,
    correction: Correction | None = None,
    **how: Any,
) -> Coded:
    """Code a recording: a label out of a code book for every span or fixation.

    Args:
        recording: an open recording, or a path.
        codebook: the labels, or their file.
        model: a loaded model, or its name; None only for toy kitchen recordings.
        per: span or fixation.
        prompt: for a model that understands only its own prompts: which of them.
        send: whether images may leave this machine.
        gaze: what stands in for measured gaze, see ``foveate.predict``; None to use what was measured.
        correction: what to correct of the gaze first.
        how: view, size, fps, segment, start_s, stop_s, budget_tokens, without_gaze, batch, max_new_tokens, as for ``telling``.

    Raises:
        FoveateError: where something does not fit or cannot be read.
    """
    recording, model = opened(recording, model, send=send, gaze=gaze, correction=correction)
    book = codebook if isinstance(codebook, CodeBook) else read_book(Path(codebook))
    coding = Coding(book, check_per(per), prompt)
    whole = telling(recording, model, **how)
    job = coding.asked(whole)
    return coded(job.told(summary=False), job, coding, whole=whole)


def coded(description: Description, job: Telling, coding: Coding, *, whole: Telling) -> Coded:
    """The labels of a description's answers, with how much of each span had valid gaze.

    Args:
        description: what was told.
        job: what told it.
        coding: how.
        whole: the job before fixations took the place of its spans: what was to be coded.
    """
    recording, book = job.viewer.recording, coding.book
    first_ns = int(recording.scene.time_ns[0])
    stretch = _stretch(whole)
    asked = [Span(first_ns + seconds_to_ns(span.start_s), first_ns + seconds_to_ns(span.stop_s)) for span in description.spans]
    valid = _valid_s(recording, [*asked, stretch])
    spans = []
    for place, span in enumerate(description.spans):
        label, reason = (None, span.reason) if span.text is None else coding.choice(span.text, job.model)
        share = None if valid is None else min(1.0, valid[place] / asked[place].duration_s)
        spans.append(
            CodedSpan(
                recording=description.recording["name"],
                onset_s=span.start_s,
                offset_s=span.stop_s,
                label=label,
                reason=reason or "",
                gaze_valid=share,
                coder=description.model["name"],
                view=description.view["name"],
                codebook=book.id,
                notice=description.notice or "",
            )
        )
    start_s, stop_s = ((edge - first_ns) / NS_PER_S for edge in (stretch.start_ns, stretch.stop_ns))
    tracked = None if valid is None else round(valid[-1], 6)
    return Coded(tuple(spans), Stretch(start_s, stop_s, tracked, complete=description.complete), coding)


def summary(done: Coded) -> str:
    """How often each label was chosen, in a line."""
    parts = [f"{name} {count}" for name, count in done.counts.items() if count or name == UNCLEAR]
    return ", ".join([*parts, *([f"no label {sum(done.failures.values())}"] if done.failures else [])])


def _valid_s(recording: Recording, spans: list[Span]) -> list[float] | None:
    """Seconds with valid gaze of spans; None where gaze was not measured."""
    if "gaze" not in recording.loaders or STREAM in recording.loaders:
        return None
    return [float(seconds) for seconds in tracked_s(clean_recording(recording), spans)]


def _fixations(job: Telling) -> tuple[Segment, ...]:
    """The fixations whose middle lies in a span, each cut where the next one or its stretch of the recording ends."""
    recording = job.viewer.recording
    if STREAM in recording.loaders:
        raise UsageError(
            f"fixations are those of measured gaze, and that of {recording.name} was not measured; leave --per fixation out"
        )
    stretch = _stretch(job)
    starts = np.maximum(job.viewer.fixations.start_ns, stretch.start_ns)
    stops = np.minimum(np.minimum(job.viewer.fixations.stop_ns, stretch.stop_ns), np.append(starts[1:], stretch.stop_ns))
    segments = []
    for start_ns, stop_ns in zip(starts.tolist(), stops.tolist(), strict=True):
        middle_ns = (start_ns + stop_ns) // 2
        inside = next((each for each in job.segments if each.span.start_ns <= middle_ns < each.span.stop_ns), None)
        if inside is not None and stop_ns > start_ns:
            segments.append(Segment(Span(start_ns, stop_ns), inside.label))
    if not segments:
        raise UsageError(f"no fixation lies in the spans of {recording.name}; foveate fixations tells what was found")
    return tuple(segments)


def _stretch(job: Telling) -> Span:
    """From the first span's start to the last one's end."""
    return Span(min(each.span.start_ns for each in job.segments), max(each.span.stop_ns for each in job.segments))
