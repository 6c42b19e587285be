"""The command line as its users meet it: exit codes, one-line errors, files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import foveate.cli
from drawn import drawn_recording
from foveate.cli import build_app, main

RUN = CliRunner()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every path opens the drawn recording."""
    monkeypatch.setattr("foveate.recording.open_recording", lambda path, **_: drawn_recording())


def run_main(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["foveate", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0), capsys.readouterr().err


@pytest.mark.usefixtures("drawn")
def test_describe_writes_all_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = RUN.invoke(build_app(), ["describe", "any", "--model", "mock", "--size", "40", "--segment", "2", "-o", str(out)])
    assert result.exit_code == 0, result.output
    names = {"description.json", "description.csv", "description.vtt", "description.md", "report.html"}
    assert {path.name for path in out.iterdir()} == names
    assert "toy model" in result.stdout
    assert json.loads((out / "description.json").read_text(encoding="utf-8"))["totals"]["described"] == 3


@pytest.mark.usefixtures("drawn")
def test_quiet_says_nothing(tmp_path: Path) -> None:
    result = RUN.invoke(build_app(), ["describe", "any", "--model", "mock", "--size", "40", "-q", "-o", str(tmp_path / "out")])
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.usefixtures("drawn")
def test_estimate_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUN.invoke(build_app(), ["describe", "any", "--model", "mock", "--size", "40", "--segment", "1", "--estimate"])
    assert result.exit_code == 0
    assert "spans          6\nframes         6\nvisual tokens  24\n" in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("drawn")
def test_ask_streams_and_tells_the_cost_on_stderr() -> None:
    result = RUN.invoke(build_app(), ["ask", "any", "What is it?", "--at", "3", "--model", "mock:A kettle.", "--size", "40"])
    assert result.exit_code == 0, result.output
    assert result.stdout == "[toy model] A kettle.\n"
    assert "16 visual tokens" in result.stderr


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--model", "mok"], "no model 'mok'", id="model-typo"),
        pytest.param([], "no model was named, and there is no silent default", id="no-model"),
        pytest.param(["--model", "mock", "--view", "gase"], "did you mean 'gaze'", id="view-typo"),
        pytest.param(["--model", "mock", "--size", "big"], "size 'big' is not one of", id="size"),
        pytest.param(["--model", "mock", "--segment", "x"], "--segment 'x' is not one of", id="segment"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, err = run_main(["describe", "any", *arguments], monkeypatch, capsys)
    assert code == 2
    assert err.startswith("foveate: ")
    assert err.count("\n") == 1
    assert message in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        pytest.param(
            OSError(28, "No space left on device", "out/report.html"), 2, "No space left on device: out/report.html", id="full"
        ),
        pytest.param(MemoryError(), 2, "out of memory: lower --size, --fps or --segment", id="memory"),
        pytest.param(KeyboardInterrupt(), 130, "stopped; nothing half-written", id="ctrl-c"),
    ],
)
def test_what_the_machine_does_is_told_too(
    error: BaseException, code: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise error

    monkeypatch.setattr(foveate.cli, "build_app", lambda: broken)
    got, err = run_main(["describe"], monkeypatch, capsys)
    assert (got, message in err, "Traceback" in err) == (code, True, False)


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["foveate", "describe", "/not/there", "--model", "mock", "--debug"])
    with pytest.raises(foveate.errors.RecordingError, match="not/there"):
        main()


def test_ctrl_c_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from foveate.cli.describe import tell_and_write
    from foveate.description.describe import telling
    from foveate.model.mock import MockModel

    class Interrupted(MockModel):
        def answers(self, prompts):  # type: ignore[no-untyped-def]
            if prompts[0].images[0].time_s > 4:
                raise KeyboardInterrupt
            return super().answers(prompts)

    job = telling(drawn_recording(), Interrupted(texts=("ok",)), size="40", segment="2")
    description, stop = tell_and_write(job, tmp_path, summary=True, quiet=True)
    assert (description.complete, len(description.spans)) == (False, 2)
    assert isinstance(stop, KeyboardInterrupt)
    assert "Stopped before the last span" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_ctrl_c_in_the_summary_keeps_the_answers(tmp_path: Path) -> None:
    from foveate.cli.describe import tell_and_write
    from foveate.description.describe import telling
    from foveate.model.mock import MockModel

    class Interrupted(MockModel):
        def answer(self, prompt):  # type: ignore[no-untyped-def]
            raise KeyboardInterrupt

    job = telling(drawn_recording(), Interrupted(texts=("ok",)), size="40", segment="2")
    description, stop = tell_and_write(job, tmp_path, summary=True, quiet=True)
    assert (description.complete, description.totals.described, stop) == (True, 3, None)
    assert (description.summary, description.summary_note) == (None, "it was stopped")
    assert (tmp_path / "description.json").is_file()


def test_ctrl_c_says_so_and_exits_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("foveate.recording.open_recording", stopped)
    code, err = run_main(["describe", "any", "--model", "mock"], monkeypatch, capsys)
    assert (code, "stopped; nothing half-written was left behind" in err) == (130, True)


@pytest.mark.usefixtures("drawn")
def test_a_place_that_cannot_be_written_is_told_before_the_model_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("the model was asked")

    monkeypatch.setattr("foveate.model.mock.MockModel.answers", asked)
    (tmp_path / "file").touch()
    for place in ("file", "file/out", "file/deep/out"):
        code, err = run_main(["describe", "any", "--model", "mock", "-o", str(tmp_path / place)], monkeypatch, capsys)
        assert (code, err.count("\n")) == (2, 1)
        assert f"{tmp_path / 'file'} is a file; give a folder with -o" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--view", "gase"], "did you mean 'gaze'", id="view"),
        pytest.param(["--seed", "-1"], "seed is 0 or more, got -1", id="seed"),
        pytest.param(["--out", "file/demo"], "file is a file", id="file"),
    ],
)
def test_a_demo_that_cannot_be_is_told_before_anything_is_drawn(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("foveate.errors.require", lambda *_: None)
    (tmp_path / "file").touch()
    code, err = run_main(["demo", *arguments], monkeypatch, capsys)
    assert (code, message in err, err.count("\n")) == (2, True, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_warnings_of_the_recording_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveate.recording.open_recording", lambda path, **_: drawn_recording(lost_s=(2.1, 4.1)))
    result = RUN.invoke(build_app(), ["describe", "any", "--model", "mock", "--size", "40", "-o", str(tmp_path / "out")])
    assert "! gaze is missing" in result.stdout
    assert "## Warnings\n\n- gaze is missing" in (tmp_path / "out" / "description.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("drawn")
def test_an_empty_question_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["foveate", "ask", "any", "", "--at", "3", "--model", "mock", "--size", "40"])
    with pytest.raises(SystemExit):
        main()
    told = capsys.readouterr()
    assert (told.out, told.err.startswith("foveate: the question is empty")) == ("", True)


def test_quiet_silences_what_loading_warns_of(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    from foveate.cli.progress import working

    log = logging.getLogger("foveate.model")
    with working("loading", quiet=True):
        log.warning("hidden")
        log.error("an error")
    log.warning("shown")
    assert [record.message for record in caplog.records] == ["an error", "shown"]


def test_a_log_file_gets_the_time_left(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from foveate.cli.progress import progress

    clock_s = iter([0.0, 1.0, 3.0, 6.0])
    monkeypatch.setattr("foveate.cli.progress.time.monotonic", lambda: next(clock_s))
    with progress("describing", 3) as advance:
        for _ in range(3):
            advance()
    # what takes a second only needs no line
    assert capsys.readouterr().err == "describing 2/3, 2 s left\ndescribing 3/3\n"


def test_the_core_imports_without_torch() -> None:
    code = "import sys; import foveate, foveate.cli; foveate.open_recording, foveate.make_view, foveate.describe, foveate.ask; "
    code += "print(sorted({'torch', 'transformers', 'openai', 'matplotlib', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_nothing_is_written_where_no_span_could_be_described(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("foveate.recording.open_recording", lambda path, **_: drawn_recording(lost_s=(0.0, 6.0)))
    monkeypatch.chdir(tmp_path)
    code, err = run_main(
        ["describe", "any", "--model", "mock", "--without-gaze", "skip", "--segment", "3"], monkeypatch, capsys
    )
    assert code == 2
    assert "none of 2 spans of drawn could be described, so nothing was written; the first: no frame could be shown" in err
    assert not list(tmp_path.iterdir())


def test_info_lists_the_formats() -> None:
    from foveate.recording import FORMATS

    result = RUN.invoke(build_app(), ["info", "--formats"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(FORMATS)
    assert "Neon Scene Camera v1 ps1.time" in result.stdout


def test_info_wants_a_recording(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = run_main(["info"], monkeypatch, capsys)
    assert (code, err) == (2, "foveate: no recording was named; give one or several, or --formats\n")
