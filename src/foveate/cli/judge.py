"""foveate judge: a model grades the answers of a Run, or shows first whether it can judge at all."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.groups import Speaking, grouped
from foveate.cli.options import Quiet
from foveate.errors import JobError, UsageError

if TYPE_CHECKING:
    from foveate.job import Item, Tally
    from foveate.judge.run import Judging
    from foveate.run import Run

VALIDATED = Path("judge-validated")


@dataclass(frozen=True)
class Rules:
    """By what is judged, and how often."""

    rubric: Annotated[str, typer.Option(metavar="FILE", help="What is asked: default, or a TOML file (docs/judge.md).")] = (
        "default"
    )
    repeats: Annotated[int, typer.Option(min=1, help="Rounds; their agreement is told.")] = 3
    seed: Annotated[int, typer.Option(help="Of the order of criteria, and of pairs that are made.")] = 0
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, thoughts included.")] = 512


@dataclass(frozen=True)
class Going:
    """How the work is done."""

    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Processes side by side, each with its own judge.")] = 1
    restart: Annotated[bool, typer.Option("--restart", help="Throw away what this judge has said, and begin anew.")] = False
    again: Annotated[bool, typer.Option("--again", help="Also ask again where the judge failed or could not be read.")] = False


@grouped
def command(
    speaking: Speaking,
    rules: Rules,
    going: Going,
    run: Annotated[Path | None, typer.Argument(metavar="RUN", help="Folder of a Run, made by foveate evaluate.")] = None,
    pairwise: Annotated[
        str | None, typer.Option(metavar="A,B", help="Which of two ways of showing, or models, told it better; both orders.")
    ] = None,
    with_frames: Annotated[bool, typer.Option("--with-frames", help="The judge sees whole frames of the clip too.")] = False,
    name: Annotated[str, typer.Option(help="judge-NAME, for a second judge of the same Run.")] = "judge",
    validate: Annotated[
        bool, typer.Option("--validate", help="No Run: is the judge right about texts of which the better is known?")
    ] = False,
    references: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For --validate: true texts, one per line, or a CSV (reference).")
    ] = None,
    objects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For --validate: names of objects, one per line.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="For --validate: folder; default judge-validated.")] = None,
    forget: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Remove a judge's scores and all it said: judge, judge-two, judge-A-or-B."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Grade the answers of a Run with a model, by a rubric; killed, the same command goes on (docs/judge.md)."""
    from foveate.score.judge import read_rubric

    if forget is not None:
        rest = (validate, speaking.model, pairwise, with_frames, name != "judge", references, objects, out, going != Going())
        if run is None or any(rest):
            raise UsageError("--forget takes the folder of a Run and nothing else: foveate judge RUN --forget judge-two")
        _forget(run, forget, quiet=quiet)
        return
    _check(run, speaking, validate=validate, only_run=(pairwise, with_frames, name != "judge"), rest=(references, objects, out))
    rubric = read_rubric(rules.rubric)
    if run is None:
        from foveate.score.judge.constructed import construct, read_objects, read_texts

        pairs = construct(read_texts(references), objects=read_objects(objects), seed=rules.seed)
        own = f"{len(pairs.made)} pairs made of {references}" if references else None
        judging = _judging(speaking, rules, rubric, own, frames=False, quiet=quiet)
        _validate(judging, pairs, out or VALIDATED, going, quiet=quiet)
        return
    from foveate.run import read_run

    read = read_run(run)
    judging = _judging(speaking, rules, rubric, f"the Run {run}", frames=with_frames, quiet=quiet)
    _judge(read, judging, pairwise, name, going, quiet=quiet)


def _check(run: Path | None, speaking: Speaking, *, validate: bool, only_run: tuple[Any, ...], rest: tuple[Any, ...]) -> None:
    """Refuse what does not go together.

    Raises:
        UsageError: saying what to give.
    """
    if (run is None) != validate:
        raise UsageError(
            "give the folder of a Run, or --validate without one"
            if run is None
            else f"--validate takes no Run (got {run}); it judges texts that it makes itself"
        )
    if speaking.model is None:
        raise UsageError("no judge was named; give one that follows instructions: --model openai:MODEL@URL or hf:ID")
    if validate and any(only_run):
        raise UsageError("--pairwise, --with-frames and --name are for a Run; --validate does without them")
    if not validate and any(each is not None for each in rest):
        raise UsageError("--references, --objects and -o are for --validate; the grades of a Run go into its own folder")


def _judging(speaking: Speaking, rules: Rules, rubric: Any, of: str | None, *, frames: bool, quiet: bool) -> "Judging":
    """Who judges, how; consent is asked here, once, for words as for images. ``of``: whose they are; None for our own."""
    from foveate.batch.speaker import Speaker
    from foveate.cli.models import consented
    from foveate.judge.run import Judging
    from foveate.model import may_send

    assert speaking.model is not None
    send = speaking.send
    if of is not None and may_send(speaking.model):
        what = "frames, answers and references" if frames else "answers and references"
        asked = consented(speaking.model, of, send=send, device=speaking.device, dtype=speaking.dtype, quiet=quiet, what=what)
        send = asked.is_remote
    speaker = Speaker(speaking.model, send, speaking.device, speaking.dtype)
    return Judging(speaker, rubric, rules.repeats, rules.seed, rules.max_new_tokens, frames)


def _judge(run: "Run", judging: "Judging", pairwise: str | None, name: str, going: Going, *, quiet: bool) -> None:
    from foveate.evaluation.table_text import MARKDOWN, write_tables
    from foveate.judge.plan import plan_grades, plan_pairs, split_pair
    from foveate.judge.run import judge_run
    from foveate.judge.text import told_of_run

    if pairwise is None:
        plan = plan_grades(run, frames=judging.frames, name=name)
    else:
        plan = plan_pairs(run, *split_pair(run, pairwise), frames=judging.frames, name=name)
    with _going(plan.items, run.folder / plan.name, going, quiet=quiet) as how:
        judged, facts = judge_run(run, plan, judging, **how)
    if (run.folder / MARKDOWN).exists():
        write_tables(judged)
    if not quiet:
        print("\n".join(told_of_run(judged, plan, facts)))
        print(f"scores are in {run.folder}; every question and answer is in {run.folder / plan.name}")
    _end(facts)


def _forget(folder: Path, name: str, *, quiet: bool) -> None:
    from foveate.evaluation.table_text import MARKDOWN, write_tables
    from foveate.judge.forget import forget_judge
    from foveate.run import read_run

    run, names = forget_judge(read_run(folder), name)
    if (run.folder / MARKDOWN).exists():
        write_tables(run)
    if not quiet:
        print(f"{name} is forgotten ({', '.join(names) or 'it had given no scores'}); foveate compare makes its page anew")


def _validate(judging: "Judging", pairs: Any, folder: Path, going: Going, *, quiet: bool) -> None:
    from foveate.judge.text import told_of_validation
    from foveate.judge.validation import validate, validation_items

    with _going(validation_items(pairs), folder, going, quiet=quiet) as how:
        rows, facts = validate(judging, pairs, folder, **how)
    if not quiet:
        print("\n".join(told_of_validation(rows, judging.rubric, facts)))
        print(f"every question and answer is in {folder}")
    _end(facts)


@contextmanager
def _going(items: "list[Item] | tuple[Item, ...]", folder: Path, going: Going, *, quiet: bool) -> Iterator[Mapping[str, Any]]:
    """The keywords of ``ask_judge``, with progress over what is left; Ctrl-C says how to go on."""
    from foveate.cli.progress import progress
    from foveate.job import read_job

    before = 0
    if not going.restart and (folder / "job.json").exists():
        tally = read_job(folder).tally
        before = tally.done + (0 if going.again else tally.failed + tally.quarantined)
    with progress("judging", len(items) - before, quiet=quiet) as advance:
        try:
            yield {
                **{"workers": going.workers, "restart": going.restart, "again": going.again},
                **{"engine": "here" if going.workers == 1 else "local", "on_commit": _teller(before, len(items), advance)},
            }
        except KeyboardInterrupt:
            print("\nwhat was judged is kept; the same command goes on", file=sys.stderr)
            raise


def _teller(before: int, items: int, advance: Callable[..., None]) -> "Callable[[Tally], None]":
    decided = before

    def tell(tally: "Tally") -> None:
        nonlocal decided
        now = items - tally.left
        if now > decided:
            advance(now - decided, note=f"({tally.failed} failed)" if tally.failed else "")
        decided = max(decided, now)

    return tell


def _end(facts: Mapping[str, Any]) -> None:
    """Fail where the judge left an item out altogether; that some round of it could not be read is told only.

    Raises:
        JobError: the exit code is 2.
    """
    if facts["failed"] or facts["silent"]:
        raise JobError(
            f"{facts['failed'] + facts['silent']} of {facts['items']} items have no grade or verdict; "
            "each has its reason, and --again asks again"
        )
