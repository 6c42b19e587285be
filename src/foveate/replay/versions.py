"""What a Run depends on and what of it is another now: code, packages, metrics, a model, the files of recordings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foveate.errors import FoveateError
from foveate.evaluation.pins import flat, pins
from foveate.evaluation.remake import Remaker
from foveate.evaluation.score_run import scoring_of
from foveate.run import Run
from foveate.score import signature_of


@dataclass(frozen=True)
class Version:
    """Something that a Run depends on, and that is another now."""

    name: str
    then: str
    now: str


def changed_versions(run: Run, *, asked: str | None, speaking: Mapping[str, str]) -> list[Version]:
    """What the Run depends on and what of it is another now; of models only of the one that is asked.

    Args:
        run: what is replayed.
        asked: the model of the Run whose answers are held against another's; None where nobody is asked.
        speaking: what is known of that other one.
    """
    sets = [flat(each) for each in run.versions]
    then: dict[str, Any] = {
        name: _one([each.get(name) for each in sets]) for name in dict.fromkeys(k for each in sets for k in each)
    }
    now: dict[str, Any] = flat(pins())
    told = scoring_of(run)
    for metric, signature in run.facts.get("metrics", {}).items():
        then[f"score {metric}"] = signature
        try:
            now[f"score {metric}"] = signature_of(metric, **told.options(metric))
        except FoveateError as error:
            now[f"score {metric}"] = f"none ({error})"
    if asked is not None:
        kept = run.facts.get("models", {}).get(asked, {})
        then |= {f"model {name}": value for name, value in {**kept.get("provenance", {}), **kept.get("pins", {})}.items()}
        now |= {f"model {name}": value for name, value in speaking.items()}
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return [Version(name, str(then.get(name) or "none"), str(now.get(name) or "none")) for name in names]


def changed_contents(run: Run, remaker: Remaker) -> Iterator[Version]:
    """Of recordings that are there what is made of other bytes now: it may be why images differ."""
    for name, place in run.facts["recordings"].items():
        then = place.get("content", {})
        try:
            now = remaker.content(name) if then else {}
        except FoveateError:
            continue  # told with the images
        for part in then:
            if then[part] != now.get(part):
                yield Version(f"{part} of {name}", then[part], now.get(part, "none"))


def _one(values: Sequence[Any]) -> Any:
    """A value that is the same in all versions that a Run was asked with; else all of them in words."""
    distinct = list(dict.fromkeys(values))
    return distinct[0] if len(distinct) == 1 else " and ".join(str(each or "none") for each in distinct)
