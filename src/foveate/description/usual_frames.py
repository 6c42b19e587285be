"""Whether a model that is made for a number of frames is shown another: it may then answer what was not asked."""

from collections.abc import Iterable

from foveate.model.model import Model


def unusual(model: Model, asked: Iterable[tuple[str, int]]) -> str:
    """One line where questions show other numbers of frames than a model is made for with their words; else empty.

    Args:
        model: who is asked.
        asked: of every question its words, and how many frames it shows.
    """
    if not model.usual_frames:
        return ""
    known = {words: model.usual_frames[name] for name, words in model.instructions.items() if name in model.usual_frames}
    shown: dict[str, list[int]] = {words: [] for words in known}
    for words, frames in asked:
        if words in known and frames:
            shown[words].append(frames)
    return "; ".join(line for words, frames in shown.items() if (line := _told(model.name, words, frames, *known[words])))


def _told(name: str, words: str, frames: list[int], least: int, most: int | None) -> str:
    few, many = [each for each in frames if each < least], [each for each in frames if most is not None and each > most]
    if not (odd := few + many):
        return ""
    usual = f"{least} or more" if most is None else f"at most {most}" if least <= 1 else _range(least, most)
    if few and many:
        todo = "spans of other lengths, or another number of frames a second"
    else:
        todo = "shorter spans, or fewer frames a second" if many else "longer spans, or more frames a second"
    return (
        f'{name} is made to be asked "{words}" about {usual} frames; in {len(odd)} of {len(frames)} questions it is shown '
        f"{_range(min(odd), max(odd))}, and may answer another one: take {todo}"
    )


def _range(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"
