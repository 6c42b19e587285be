"""foveate compare: the ways of showing of a Run, or two Runs, tested against each other."""

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Quiet
from foveate.errors import UsageError, hint

if TYPE_CHECKING:
    from foveate.evaluation.study import Comparing
    from foveate.run import Run


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder that foveate evaluate has written.")],
    other: Annotated[
        Path | None, typer.Argument(metavar="RUN_B", help="Another: compared on the samples that both have.")
    ] = None,
    first: Annotated[str | None, typer.Option(help="The way of showing that others are compared with.")] = None,
    against: Annotated[str | None, typer.Option(metavar="NAME,...", help="With which; all others where none is named.")] = None,
    as_good_as: Annotated[
        str | None,
        typer.Option("--as-good-as", metavar="NAME", help="Test whether the first is as good as this; needs --margin."),
    ] = None,
    margin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCORE=VALUE", help="Largest difference that counts as none (repeat it); declare it before you look."
        ),
    ] = None,
    models: Annotated[
        str | None, typer.Option(metavar="A,B", help="Two models of one Run, way by way, as if each had a Run of its own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder of the report; the Run's own where there is one Run.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compare by every score: differences with intervals, corrected p, effect sizes, costs; as a page, Markdown and CSV.

    What the study file said of comparing holds where no option says otherwise (docs/statistics.md).
    """
    from foveate.cli.progress import working
    from foveate.comparison.compare_text import lines
    from foveate.comparison.report import REPORT, told_of_both, write_report
    from foveate.run import read_run

    told, theirs = read_run(run), None if other is None else read_run(other)
    if theirs is not None and told.folder.resolve() == theirs.folder.resolve():
        raise UsageError(f"{run} and {other} are the same Run; two models of one Run are compared by --models A,B")
    if models is not None:
        told, theirs = _of_models(told, theirs, models)
    if theirs is not None and out is None:
        raise UsageError("a comparison of two Runs or models belongs to neither; give a folder for it with -o")
    comparing = _comparing(told, theirs, first=first, against=against, as_good_as=as_good_as, margin=margin)
    folder = out or told.folder
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a folder for the report with -o")
    with working("comparing, and drawing what differs", quiet=quiet):
        compared = write_report(told, theirs, comparing, folder)
    if not quiet:
        print("\n".join([*(text.replace("**", "") for text in told_of_both(told, theirs)), *lines(compared)]))
        print(f"the page is in {folder / REPORT}, beside compare.md, compare.csv and figures")


def _comparing(
    run: "Run", other: "Run | None", *, first: str | None, against: str | None, as_good_as: str | None, margin: list[str] | None
) -> "Comparing":
    """What is compared with what: as the options say, else as the Run's study file does.

    Raises:
        UsageError: for options that do not fit the Run, or one another.
    """
    from dataclasses import replace

    from foveate.comparison.compare import comparing_of
    from foveate.evaluation.study import Comparing

    if other is not None and (first or as_good_as):
        raise UsageError("two are compared way by way: --first and --as-good-as are for one Run; --margin tests every way")
    # a study names ways of one Run: of two, every way is compared with itself
    said = comparing_of(run) if other is None else Comparing()
    names = tuple(name for each in against.split(",") if (name := each.strip())) if against else said.against
    comparing = replace(
        said,
        first=first or said.first,
        against=names,
        as_good_as=as_good_as or said.as_good_as,
        margin=dict(said.margin) | dict(_margin(text) for text in margin or []),
    )
    ways = dict.fromkeys(line.shown for line in run.lines)
    if first is not None and first not in ways:
        raise UsageError(f"the Run shows nothing as {first!r}{hint(first, ways)}; it has: {', '.join(ways)}")
    if as_good_as is not None and as_good_as == comparing.first:
        raise UsageError(f"{as_good_as!r} is the first, and as good as itself; name another with --first or --as-good-as")
    if margin and other is None and not comparing.as_good_as:
        raise UsageError("--margin says how near --as-good-as NAME must be; give that too")
    return comparing


def _of_models(run: "Run", other: "Run | None", models: str) -> "tuple[Run, Run]":
    names = [each.strip() for each in models.split(",")]
    if other is not None or len(names) != 2 or names[0] == names[1]:
        raise UsageError(f"--models takes two models of one Run, such as --models builtin,mock, got {models!r}")
    return run.of_model(names[0]), run.of_model(names[1])


def _margin(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not name or not 0 < number < inf:
        raise UsageError(f"--margin takes SCORE=VALUE with a finite value above 0, such as --margin sbert=0.02, got {text!r}")
    return name.strip(), number
