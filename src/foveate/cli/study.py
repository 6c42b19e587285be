"""foveate study: people compare descriptions, blind; what they said, and what comes of it."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Quiet

if TYPE_CHECKING:
    from foveate.study.config import Raters
    from foveate.study.serve import Prepared
    from foveate.study.store import Store

commands = typer.Typer(help="People compare descriptions of a clip, blind.", no_args_is_help=True, rich_markup_mode=None)


class Joined(StrEnum):
    """Whose answers become scores of the Run."""

    all = "all"
    passed = "passed"


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="A study file with a section [raters].")]
DEFAULT_PORT = 8737


@commands.command("serve")
def serve(
    study: StudyFile,
    host: Annotated[
        str, typer.Option(help="Where to listen; any but this machine needs the token that is then printed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = DEFAULT_PORT,
    origin: Annotated[
        str | None, typer.Option(metavar="URL", help="How raters reach it through a proxy: https://study.example.")
    ] = None,
    token: Annotated[str | None, typer.Option(help="Your own, in place of one that is made; 16 letters or more.")] = None,
    quiet: Quiet = False,
) -> None:
    """Serve the page where people rate; begin, stop and begin again as you like: every click is stored at once."""
    from contextlib import ExitStack
    from urllib.parse import quote

    from foveate.cli.progress import progress
    from foveate.study import read_raters
    from foveate.study.serve import address_of, check_token, listen, origins_of, prepare, run_server, shown_of, token_of

    # what can be told at once comes before clips are cut, which takes a while
    raters = read_raters(study)
    check_token(token)
    listening = listen(host, port)
    port = int(listening.getsockname()[1])
    origins = origins_of(host=host, port=port, origin=origin)
    with ExitStack() as bars:
        prepared = prepare(raters, advance=lambda what, total: bars.enter_context(progress(what, total, quiet=quiet)))
    needed = token_of(prepared.store, host=host, origin=origin, token=token)
    if not quiet:
        for line in told(prepared):
            print(line)
        shown = origin.rstrip("/") if origin else address_of(shown_of(host), port)
        query = f"?token={quote(needed, safe='')}" if needed else ""
        print(f"\nraters begin at  {shown}/join{query}\nstop with Ctrl-C", flush=True)
    run_server(prepared, listening, token=needed, origins=origins)


@commands.command("export")
def export(
    study: StudyFile,
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write: .csv or .json.")],
    what: Annotated[
        str, typer.Option(help="answers, as they stand; clicks: every one with its time; raters: with their completion codes.")
    ] = "answers",
    quiet: Quiet = False,
) -> None:
    """Write who answered what: which page, what was shown on which side, what was chosen."""
    from foveate.study import read_raters
    from foveate.study.export import export as write
    from foveate.study.store import Store

    raters = read_raters(study)
    rows = write(Store(raters.store), raters, out, what=what)
    if not quiet:
        print(f"{out}: {rows} {what}")


@commands.command("analyse")
def analyse(
    study: StudyFile,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for raters.md, .csv and .json; else that of the answers.")
    ] = None,
    join: Annotated[
        Joined | None, typer.Option("--into-run", help="Also join what these raters said to the Run's scores, as human_...")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Tell who wins, how sure that is, whether raters agree, who failed the checks, and which score agrees with people."""
    from foveate.errors import require
    from foveate.study import read_raters
    from foveate.study.analyse import analyse as count
    from foveate.study.store import Store
    from foveate.study.tables import markdown, write_analysis

    require("choix")
    raters = read_raters(study)
    store = Store(raters.store)
    found = count(store, raters)
    files = write_analysis(found, out or raters.out)
    joined = [] if join is None else _into_run(store, raters, passed=join is Joined.passed)
    if not quiet:
        print(markdown(found))
        print("\n".join([f"written: {', '.join(map(str, files))}", *joined]))


@commands.command("forget")
def forget(
    study: StudyFile,
    rater: Annotated[
        str | None, typer.Argument(metavar="RATER", help="Such as rater-003, as the end of their page says.")
    ] = None,
    participant: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="In place of a rater: who wore the tracker (or a recording): clips, texts and answers."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Delete a rater, or all that shows a participant, from answers, clips and what was joined to the Run's scores."""
    from foveate.errors import UsageError
    from foveate.study import read_raters
    from foveate.study.clips import delete_clips
    from foveate.study.forget import forget_participant, forget_rater
    from foveate.study.store import Store

    if (rater is None) == (participant is None):
        raise UsageError("give a rater, such as rater-003, or --participant NAME, one of them")
    raters = read_raters(study)
    store = Store(raters.store)
    of_run: list[str] = []
    files: list[Path] = []

    def first(clips: Sequence[str] = ()) -> None:
        of_run.extend(_out_of_run(store, raters))
        files.extend(delete_clips(raters.clip_folder, clips))

    if rater is not None:
        clicks = forget_rater(store, rater, first=first)
        done = f"{rater} is forgotten, with {clicks} clicks; files that were exported or analysed before still hold the answers"
    else:
        assert participant is not None
        pages = forget_participant(store, participant, first=first)
        done = (
            f"{participant} is forgotten: {pages} pages and {len(files)} files of clips; the Run itself still has the answers"
        )
    if not quiet:
        print("\n".join([done, *of_run]))


def _out_of_run(store: "Store", raters: "Raters") -> list[str]:
    """Take out of the Run what people said; what is to be known of it, as lines."""
    from foveate.errors import FoveateError
    from foveate.evaluation.table_text import MARKDOWN, write_tables
    from foveate.study.seen import out_of_run, read_seen

    if store.fact("pairs") is None:  # a study that was never served has nothing in the Run
        return []
    try:
        run, names = out_of_run(read_seen(store, raters))
        if names and (run.folder / MARKDOWN).exists():
            write_tables(run)
    except FoveateError as error:  # who wants to be forgotten does not wait for the Run
        return [f"! if scores of people were joined to the Run, they are still there: {error}"]
    if not names:
        return []
    return [f"the Run has no more {', '.join(names)}; join anew what the others said: foveate study analyse --into-run"]


def _into_run(store: "Store", raters: "Raters", *, passed: bool) -> list[str]:
    """Join what people said to the Run; what was joined, as lines."""
    from foveate.evaluation.table_text import MARKDOWN, write_tables
    from foveate.study.analyse import counting
    from foveate.study.seen import into_run, read_seen

    answers = counting(store, raters, passed=passed)
    run, joined = into_run(read_seen(store, raters), answers, raters)
    if (run.folder / MARKDOWN).exists():
        write_tables(run)
    of = f"of {len(run.lines)} lines"
    return [f"joined to {run.folder}: {name} for {count} {of}" for name, count in joined.items()]


def told(prepared: "Prepared") -> list[str]:
    """What is asked of raters, and what cannot be."""
    from foveate.evaluation.group import plural
    from foveate.study.blurring import told_of_faces
    from foveate.study.items import in_few_words

    design, items = prepared.design, prepared.items
    raters = design.raters
    clips = len({page.item.sample for page in design.row})
    recordings = len({page.item.cluster for page in design.row})
    asked = plural("pair" if raters.mode == "pairwise" else "page", len(design.row))
    lines = [
        f"{' | '.join(items.conditions)}: {asked} of {plural('clip', clips)} from {plural('recording', recordings)}",
        f"each rater: {len(design.training)} for practice, {design.per_rater} that count, {raters.checks} checks; "
        f"{len(prepared.store.raters())} raters so far",
        f"answers: {raters.store}",
    ]
    if design.per_rater < raters.items:
        lines.append(f"! items = {raters.items}, and there are {len(design.row)} in all: every rater gets every one")
    if faces := prepared.store.fact("faces"):
        lines.append(f"! {told_of_faces(faces)} (they lie in {raters.clip_folder})")
    if raters.gaze_overlay:
        lines.append("! gaze is drawn on the clips: raters see what one of the models may not have seen")
    lines += [f"! {warning}" for warning in prepared.warnings]
    lines += [f"! left out: {reason}" for reason in in_few_words(items.left_out)]
    return [*lines, f"! all that is left out: {raters.left_out}"] if items.left_out else lines
