"""foveate codes: people code what a model coded, blind, and both are compared."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Declare, Quiet, declared
from foveate.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from foveate.codes.compare import Compared
    from foveate.stats.agreement import Kappa

commands = typer.Typer(
    help="People code what a model coded, blind; agreement of coders.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command("sample")
def sample(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of foveate describe --codebook.")],
    n: Annotated[int, typer.Option("--n", help="Spans to draw at random; all where there are fewer.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the draw and of the order.")] = 0,
    images: Annotated[int, typer.Option(help="Most images of one span, evenly spread.")] = 6,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The page; default: RUN/coding.html.")] = None,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Write a page for a person to code the same spans, blind: one file, to be opened in any browser."""
    from foveate.cli.progress import working
    from foveate.codes.page import coding_page
    from foveate.codes.read import read_codes
    from foveate.codes.sample import sample as draw
    from foveate.job.disk import write_whole

    if out is not None and (out.suffix.lower() not in (".html", ".htm") or out.is_dir()):
        raise UsageError(f"-o takes a file that ends in .html, got {out}")
    codes = read_codes(run)
    if codes.book is None:
        raise UsageError(f"{run} has no codes.json beside its labels; give the folder of foveate describe --codebook")
    with working("decoding what was shown", quiet=quiet):
        drawn = draw(codes, count=n, seed=seed, images=images, declared=declared(declare))
    file = out or codes.path.parent / "coding.html"
    page = coding_page(drawn, codes.book, codes.per).encode("utf-8", "backslashreplace")
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, page)
    if not quiet:
        less = f" (nothing was shown of {drawn.unshown} of them)" if drawn.unshown else ""
        print(f"{len(drawn.items)} of {drawn.spans} spans{less} are on {file} ({len(page) / 1e6:.1f} MB)")
        print("give it to each coder; then: foveate codes compare THEIR.csv RUN")


@commands.command("compare")
def compare(
    coders: Annotated[
        list[Path],
        typer.Argument(metavar="A B...", help="Folders of foveate describe --codebook, or tables of people; A is the truth."),
    ],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the tables.")] = None,
    quiet: Quiet = False,
) -> None:
    """Tell how far coders agree: Cohen's kappa with its interval, who chose what, precision and recall of every label."""
    from foveate.codes.compare import compare_all
    from foveate.codes.compare_files import write_comparison
    from foveate.codes.read import read_codes
    from foveate.description.write import check_folder

    found, alpha = compare_all([read_codes(path) for path in coders])
    if out is not None:
        check_folder(out)
        written = write_comparison(found, out)
    if quiet:
        return
    for each in found:
        _print(each)
    if alpha is not None:
        print(f"Krippendorff's alpha of all {len(coders)} (nominal): {alpha:.3f}\n")
    if out is not None:
        print(f"wrote {', '.join(str(file) for file in written)}")


def _print(each: "Compared") -> None:
    from rich.console import Console
    from rich.text import Text

    from foveate.codes.compare import NO_LABEL

    console = Console(highlight=False)
    alone = f"; {each.only_first} only by the first, {each.only_second} only by the second" * bool(
        each.only_first or each.only_second
    )
    console.print(Text(f"{each.first} (taken for the truth) and {each.second}", style="bold"), soft_wrap=True)
    console.print(Text(f"{each.shared} spans coded by both{alone}"), soft_wrap=True)
    for name, count in each.no_label.items():
        if count:
            console.print(Text(f"{count} of them have no label by {name}", style="yellow"), soft_wrap=True)
    if each.kappa is None:
        console.print(Text("no span has a label by both, so that there is no kappa", style="yellow"))
    else:
        console.print(f"Cohen's kappa {kappa_text(each.kappa, each.unit)} on {each.kappa.items} spans", soft_wrap=True)
    if any(each.no_label.values()):
        told = kappa_text(each.kappa_with_no_label, each.unit)
        console.print(f"with {NO_LABEL} as a label of its own {told}", soft_wrap=True, markup=False)
    console.print(Text("the first down, the second across", style="dim"))
    console.print(_confusion(each))
    console.print(_labels(each))
    console.print()


def kappa_text(kappa: "Kappa", unit: str) -> str:
    """Kappa in words, with its interval or why there is none."""
    by_chance = f"{kappa.agreement:.1%} agree, {kappa.by_chance:.1%} by chance"
    if kappa.value != kappa.value:  # NaN
        return f"is not defined: {kappa.method} ({by_chance})"
    units = f"{kappa.clusters} {unit}{'' if kappa.clusters == 1 else 's'}"
    ends = "" if kappa.low is None else f" [{kappa.low:.3f}, {kappa.high:.3f}]"
    return f"{kappa.value:.3f}{ends} ({by_chance}; {kappa.method.replace('clusters', f'{unit}s')}, {units})"


def _confusion(each: "Compared") -> "Table":
    from rich.table import Table
    from rich.text import Text

    names = list(dict.fromkeys(one for pair in each.confusion for one in pair))
    order = [label.label for label in each.labels if label.label in names]
    order += [name for name in names if name not in order]
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("", overflow="fold")
    for name in order:
        table.add_column(Text(name), justify="right", overflow="fold")
    for name in order:
        table.add_row(Text(name), *(str(each.confusion.get((name, other), 0)) for other in order))
    return table


def _labels(each: "Compared") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("label", overflow="fold")
    for name in ("first", "second", "both", "precision", "recall"):
        table.add_column(name, justify="right", no_wrap=True)
    for label in each.labels:
        shares = ("" if share is None else f"{share:.1%}" for share in (label.precision, label.recall))
        table.add_row(Text(label.label), str(label.first), str(label.second), str(label.both), *shares)
    return table
