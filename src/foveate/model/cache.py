"""Answers by content: what the same model said to the same words about the same images is not asked again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from foveate.errors import ModelError
from foveate.job.disk import naming, write_whole
from foveate.model.model import Answer, Model, Prompt, Usage, or_gone

FORMAT = 1


def pins_of(model: Model) -> dict[str, str]:
    """What pins a model before it is asked: hash of weights, dtype, device and versions, or a server's address; else empty."""
    pins: Mapping[str, str] = getattr(model, "pins", {})
    return dict(pins)


class Answers:
    """Answers kept in a folder, a file each; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet.

        Args:
            folder: of all answers; it holds what models said about people's recordings.
        """
        self.folder = folder

    def key(self, prompt: Prompt, *, images: Sequence[str], pins: Mapping[str, str]) -> str:
        """The content of a question: 64 letters.

        Args:
            prompt: words, times and regions of images, earlier turns, longest answer, schema of the answer.
            images: hash of each image.
            pins: of the model; one that nothing pins has no key, see ``answer_all``.
        """
        told = {
            "format": FORMAT,
            "pins": dict(sorted(pins.items())),
            "text": prompt.text,
            "history": [[turn.question, turn.answer] for turn in prompt.history],
            "max_new_tokens": prompt.max_new_tokens,
            "images": [
                [pixels, round(each.time_s, 6), each.region] for pixels, each in zip(images, prompt.images, strict=True)
            ],
        }
        if prompt.schema is not None:
            # as text, since a model that is held to a schema writes its keys in the order in which they stand there
            told["schema"] = json.dumps(prompt.schema)
        return hashlib.sha256(json.dumps(told, ensure_ascii=True, sort_keys=True).encode()).hexdigest()

    def known(self, key: str) -> Answer | None:
        """The answer to a question; None where there is none, or its file is damaged."""
        try:
            told = json.loads(self._file(key).read_bytes())
            usage = Usage(**told.pop("usage"))
            answer = Answer(**{**told, "usage": usage, "notes": tuple(told["notes"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return answer if isinstance(answer.text, str) and answer.text.strip() else None

    def keep(self, key: str, answer: Answer) -> None:
        """Keep an answer; an empty one is not kept, since a server that stumbles answers so.

        Raises:
            JobError: where the disk refuses.
        """
        if answer.text.strip():
            with naming(self.folder):
                self._file(key).parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file(key), json.dumps(asdict(answer), ensure_ascii=True).encode(), by_several=True)

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def answer_all(
    model: Model, prompts: Sequence[Prompt], kept: Answers | None, *, images: Sequence[Sequence[str]], pins: Mapping[str, str]
) -> list[tuple[Answer | ModelError, bool]]:
    """Answers to prompts, each with whether it was known before; the model is asked the others in one call.

    Args:
        model: who is asked.
        prompts: what.
        kept: where answers are kept; None to ask all.
        images: for each prompt the hash of each of its images.
        pins: what pins the model; empty where nothing does, and then nothing is kept.

    Raises:
        ServerGoneError: where the model answers nobody any more; what it answered until then is kept.
    """
    if kept is None or not pins:
        return [(answer, False) for answer in or_gone(model.answers(prompts))] if prompts else []
    keys = [kept.key(prompt, images=hashes, pins=pins) for prompt, hashes in zip(prompts, images, strict=True)]
    known = {place: answer for place, key in enumerate(keys) if (answer := kept.known(key)) is not None}
    # the same question twice is asked once
    missing = {key: prompt for place, (key, prompt) in enumerate(zip(keys, prompts, strict=True)) if place not in known}
    new = dict(zip(missing, model.answers(list(missing.values())) if missing else [], strict=True))
    for key, found in new.items():
        if isinstance(found, Answer):
            kept.keep(key, found)
    or_gone(list(new.values()))
    # what is known may have been kept under another name of the model
    return [
        (replace(known[place], model=model.name), True) if place in known else (new[key], False)
        for place, key in enumerate(keys)
    ]
