"""foveate doctor: what is here, what is lacking, and the line to type."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foveate.doctor import Check


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: ok, checks, models that fit.")] = False,
) -> None:
    """Look at Python, extras, GPU, decoders, access to models, disk and memory; for each lack, tell the line to type."""
    import json
    from dataclasses import asdict

    from foveate.doctor import checks, core_is_broken, models_that_fit

    found: list["Check"] = []
    for check in checks():
        found.append(check)
        if not as_json:
            _show(check)
    broken = core_is_broken(found)
    if as_json:
        report = {
            "ok": not broken,
            "checks": [asdict(check) for check in found],
            "models": None if broken else models_that_fit(),
        }
        print(json.dumps(report, indent=2))
    else:
        lacks = sum(not check.ok for check in found)
        works = "foveate works, and lacks nothing." if not lacks else f"foveate works; {lacks} of the above could be mended."
        print("\nfoveate cannot work like this." if broken else f"\n{models_that_fit()}\n\n{works}")
    if broken:
        raise typer.Exit(1)


def _show(check: "Check") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    mark, colour = ("ok", "green") if check.ok else ("--", "yellow")
    console.print(Text(f"{mark} ", style=colour) + Text(f"{check.name:<14}", style="bold") + Text(check.found), soft_wrap=True)
    if check.todo:
        console.print(Text(f"   {'':<14}{check.todo}", style="cyan"), soft_wrap=True)
