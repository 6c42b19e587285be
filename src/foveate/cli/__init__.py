"""The command line: one command per file, one line in COMMANDS."""

import errno
import os
import sys
from importlib import import_module

import typer

from foveate.errors import FoveateError

COMMANDS = {
    "describe": "foveate.cli.describe",
    "ask": "foveate.cli.ask",
    "info": "foveate.cli.info",
    "check": "foveate.cli.check",
    "fixations": "foveate.cli.fixations",
    "convert": "foveate.cli.convert",
    "dataset": "foveate.cli.dataset",
    "caption": "foveate.cli.caption",
    "measures": "foveate.cli.measures",
    "codes": "foveate.cli.codes",
    "prepare": "foveate.cli.prepare",
    "train": "foveate.cli.train",
    "export": "foveate.cli.export",
    "results": "foveate.cli.results",
    "predict": "foveate.cli.predict",
    "hands": "foveate.cli.hands",
    "render": "foveate.cli.render",
    "view": "foveate.cli.view",
    "demo": "foveate.cli.demo",
    "evaluate": "foveate.cli.evaluate",
    "compare": "foveate.cli.compare",
    "replay": "foveate.cli.replay",
    "judge": "foveate.cli.judge",
    "experiment": "foveate.cli.experiment",
    "study": "foveate.cli.study",
    "doctor": "foveate.cli.doctor",
}
"""Command -> the module that holds a function ``command``, or ``commands``, a Typer of several; modules import what is heavy
inside these functions."""

EXIT_USER_CAN_MEND = 2
EXIT_STOPPED = 130
DISK_ERRORS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM, errno.EIO),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG),
)
"""What a full, locked or mistaken place on disk raises: told in one line."""


def build_app() -> typer.Typer:
    """The application with every command of COMMANDS."""
    app = typer.Typer(
        name="foveate",
        help="Let vision-language models see egocentric video the way its wearer did.",
        epilog="Every command takes --debug, which shows the traceback of an error.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name, module in COMMANDS.items():
        found = import_module(module)
        if hasattr(found, "commands"):
            app.add_typer(found.commands, name=name)
        else:
            app.command(name)(found.command)

    @app.callback()
    def _root() -> None:
        """Keep subcommands even where there is one only."""

    return app


def main() -> None:
    """Run the command line; every error that the user can mend is one line on stderr and exit code 2."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        build_app()()
    except FoveateError as error:
        _fail(str(error), debug)
    except KeyboardInterrupt:
        _stopped()
    except SystemExit as leaving:
        # typer catches Ctrl-C itself, prints an empty line and leaves
        if leaving.code == EXIT_STOPPED:
            _stopped()
        raise
    except MemoryError:
        _fail("out of memory: lower --size, --fps or --segment.", debug)
    except BrokenPipeError:
        # the reader of a pipe has gone (foveate info | head): not an error, but Python would complain on exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        _fail(f"{error.strerror}: {error.filename or 'while writing'}; free some space or choose another place with -o.", debug)


def _stopped() -> None:
    print("foveate: stopped; nothing half-written was left behind.", file=sys.stderr)
    sys.exit(EXIT_STOPPED)


def _fail(message: str, debug: bool) -> None:
    print(f"foveate: {' '.join(message.split())}", file=sys.stderr)
    if debug:
        raise  # noqa: PLE0704 - always called while an exception is handled
    sys.exit(EXIT_USER_CAN_MEND)
