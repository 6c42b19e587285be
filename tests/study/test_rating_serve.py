"""From a study file to a server: what may change, where recordings are, who needs a token."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from drawn import drawn_recording
from foveate.blaze.anchors import Found
from foveate.cli.study import commands, told
from foveate.errors import JobError, UsageError
from foveate.study import read_raters
from foveate.study.analyse import analyse
from foveate.study.forget import forget_participant, is_forgotten
from foveate.study.serve import check_token, listen, origins_of, prepare, token_of
from foveate.study.store import Store
from foveate.study.tables import markdown
from made_study import make_study
from simulated_raters import begun, prefers, rate

RUN = CliRunner()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every place of a recording leads to the drawn one."""
    monkeypatch.setattr("foveate.study.serve.open_place", lambda place: drawn_recording())


def test_a_study_goes_on_only_as_it_was_begun(tmp_path: Path) -> None:
    file = make_study(tmp_path, "seed = 1\n")
    prepared = prepare(read_raters(file))
    begin = file.read_text(encoding="utf-8")
    file.write_text(begin.replace("seed = 1", "seed = 2"), encoding="utf-8")
    prepare(read_raters(file))  # nobody has begun
    rate(prepared.store, read_raters(file), prefers("gaze", "center", "full"))
    prepare(read_raters(file))
    file.write_text(begin.replace("seed = 1", "seed = 3\nitems = 5"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"was begun with other values of items, seed; put them back, or give another place"):
        prepare(read_raters(file))
    file.write_text(begin.replace("seed = 1", "seed = 2\nmost_failed = 1\ncontact = 'me'"), encoding="utf-8")
    assert {"faces", "face_models"}.isdisjoint(read_raters(file).design())
    prepare(read_raters(file))
    lines = tmp_path / "run" / "lines.jsonl"
    lines.write_text(lines.read_text(encoding="utf-8").replace("kettle is filled", "kettle is emptied"), encoding="utf-8")
    with pytest.raises(UsageError, match="was begun with other values of the Run's answers"):
        prepare(read_raters(file))


def test_it_is_analysed_as_it_was_begun(tmp_path: Path) -> None:
    file = make_study(tmp_path, "seed = 1\n")
    prepared = prepare(read_raters(file))
    rate(prepared.store, read_raters(file), prefers("gaze", "center", "full"))
    file.write_text(file.read_text(encoding="utf-8") + "mode = 'likert'\n", encoding="utf-8")
    with pytest.raises(UsageError, match="was begun with other values of mode, questions"):
        analyse(prepared.store, read_raters(file))


@pytest.mark.parametrize(
    ("clips", "said"),
    [(1, "3 pairs of 1 clip from 1 recording"), (2, "6 pairs of 2 clips from 2 recordings")],
    ids=["one", "two"],
)
def test_what_is_asked_is_counted_in_words(tmp_path: Path, clips: int, said: str) -> None:
    prepared = prepare(read_raters(make_study(tmp_path, "training = 0\n", clips=clips)))
    assert told(prepared)[0] == f"gaze | center | full: {said}"


def test_what_is_known_of_the_run_is_told(tmp_path: Path) -> None:
    file = make_study(tmp_path, "")
    facts = tmp_path / "run" / "run.json"
    told = json.loads(facts.read_text(encoding="utf-8")) | {"complete": False, "notice": "toy model"}
    facts.write_text(json.dumps(told), encoding="utf-8")
    assert prepare(read_raters(file)).warnings == (
        "the Run bears the notice: toy model",
        "the Run is not complete: finish it with foveate evaluate before raters begin",
    )


def test_what_is_left_out_is_told_in_few_lines_and_stands_in_a_table(tmp_path: Path) -> None:
    ways = [f"way {k}" for k in range(6)]
    prepared = prepare(read_raters(make_study(tmp_path, "", clips=6, conditions=ways, same=[0, 3], lost={1: "way 2"})))
    lines = [line for line in told(prepared) if "left out" in line]
    assert lines == [
        "! left out: descriptions missing: 1 (way 2)",
        "! left out: pairs of the same words: 30 (way 0 | way 1: 2, and 14 more)",
        f"! all that is left out: {tmp_path / 'run' / 'raters' / 'left_out.csv'}",
    ]
    rows = (tmp_path / "run" / "raters" / "left_out.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 15 + 1
    assert rows[2] == "pairs of the same words,way 0 | way 1,2"
    rate(prepared.store, prepared.design.raters, prefers(*ways))
    assert "- not asked: descriptions missing: 1 (way 2)" in markdown(analyse(prepared.store, prepared.design.raters))


def test_faces_are_told_of_before_raters_come_and_beside_what_they_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OneFace:
        fingerprint = "0123456789ab"

        def __call__(self, image: np.ndarray) -> list[Found]:
            return [Found(0.9, np.array([1.0, 1, 9, 9]), np.zeros((6, 2)))]

    monkeypatch.setattr("foveate.study.blurring.FaceDetector", lambda path, option: OneFace())
    raters = read_raters(make_study(tmp_path, "faces = 'blur'\n", clips=4))
    for _ in range(2):  # what is cut already is counted too
        prepared = prepare(raters)
        (line,) = [line for line in told(prepared) if line.startswith("! faces")]
        assert line.startswith("! faces: 24 blurred in 24 of 24 frames of 4 clips (network 0123456789ab); faces that are small")
        assert line.endswith(f"look at every clip before anyone else does (they lie in {raters.clip_folder})")
    names = {name for files in prepared.clips.values() for name in files}
    assert len(names) == 4
    assert all(name.endswith(".mp4") for name in names)  # what is beside them is never served
    rate(prepared.store, raters, prefers("gaze", "center", "full"))
    assert "- faces: 24 blurred in 24 of 24 frames" in markdown(analyse(prepared.store, raters))
    name = prepared.design.row[0].item.recording
    RUN.invoke(commands, ["forget", str(tmp_path / "study.toml"), "--participant", name])
    assert len(list(raters.clip_folder.iterdir())) == 2 * 3


def test_a_consent_text_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "consent.txt").write_bytes(b"\xff\xfe\x00")
    file = make_study(tmp_path, "consent = 'consent.txt'\n")
    with pytest.raises(UsageError, match=r"is no UTF-8 .* at byte 0"):
        prepare(read_raters(file))
    (tmp_path / "consent.txt").write_text(" \n", encoding="utf-8")
    with pytest.raises(UsageError, match="is empty; write what raters agree to"):
        prepare(read_raters(file))
    (tmp_path / "consent.txt").write_text("\ufeffDo you agree?\n", encoding="utf-8")
    assert prepare(read_raters(file)).consent == "Do you agree?"


def test_names_and_texts_that_are_no_unicode_are_rated_and_forgotten(tmp_path: Path) -> None:
    """A name may hold bytes that are no UTF-8, a server's broken answer half of a character."""
    file = make_study(tmp_path, "items = 9\ntraining = 0\n", clips=3)
    for name in ("lines.jsonl", "run.json"):
        told = (tmp_path / "run" / name).read_text(encoding="utf-8")
        odd = (
            told.replace("kitchen-1", "kitchen-\\udcff").replace("clip 0.", "clip \\ud83d.").replace("of clip 2", "of \\udcfe")
        )
        (tmp_path / "run" / name).write_text(odd, encoding="utf-8")
    prepared = prepare(read_raters(file))
    rate(prepared.store, prepared.design.raters, prefers("gaze", "center", "full"))
    pages = [page for rater in prepared.store.raters() for page in prepared.store.pages(rater)]
    assert {page["recording"] for page in pages} == {"kitchen-0", "kitchen-\\udcff", "kitchen-2"}
    json.dumps([page["texts"] for page in pages], ensure_ascii=False).encode()
    assert forget_participant(prepared.store, "kitchen-\udcff") > 0
    assert is_forgotten(prepared.store, "kitchen-\udcff")


def test_recordings_that_have_been_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_study(tmp_path, f"recordings = ['{tmp_path / 'moved'}']\n", clips=4)
    facts = tmp_path / "run" / "run.json"
    told = json.loads(facts.read_text(encoding="utf-8"))
    del told["recordings"]["kitchen-2"]
    facts.write_text(json.dumps(told), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("foveate.study.serve.open_recording", lambda path: drawn_recording())
        with pytest.raises(UsageError, match="the Run does not tell where kitchen-2 is; name its folder: recordings ="):
            prepare(read_raters(file))
    shutil.rmtree(tmp_path / "run" / "raters")
    from dataclasses import replace

    monkeypatch.setattr("foveate.study.serve.open_recording", lambda path: replace(drawn_recording(), name="kitchen-2"))
    assert len(prepare(read_raters(file)).clips) == 4


def test_clips_go_where_another_program_holds_the_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_study(tmp_path, "", clips=4)
    raters = read_raters(file)
    item = prepare(raters).design.row[0].item

    def is_held(store: Store) -> None:
        raise JobError("held by another program")

    monkeypatch.setattr(Store, "wipe", is_held)
    result = RUN.invoke(commands, ["forget", str(file), "--participant", item.recording])
    assert isinstance(result.exception, JobError)
    assert len(list(raters.clip_folder.iterdir())) == 3
    assert not list(raters.clip_folder.glob(f"*{item.clip}*"))


def test_a_participant_who_was_forgotten_does_not_come_back(tmp_path: Path) -> None:
    file = make_study(tmp_path, "", clips=4)
    raters = read_raters(file)
    prepared = prepare(raters)
    name, clip = prepared.design.row[0].item.recording, prepared.design.row[0].item.clip
    (raters.clip_folder / f".{clip}-0a1b2c3d.77.part.mp4").touch()  # of a server that was killed while it cut
    result = RUN.invoke(commands, ["forget", str(file), "--participant", name])
    assert result.exit_code == 0, result.output
    assert f"{name} is forgotten: 0 pages and 2 files of clips; the Run itself still has the answers" in result.output
    again = prepare(raters)
    assert len(list(raters.clip_folder.iterdir())) == len(again.clips) == 3
    assert prepared.design.row[0].item.clip not in again.clips


@pytest.mark.parametrize(
    ("host", "origin", "token", "needed"),
    [
        ("127.0.0.1", None, None, False),
        ("localhost", None, None, False),
        ("::1", None, None, False),
        ("127.0.0.1", None, "a-token-of-my-own", True),
        ("0.0.0.0", None, None, True),
        ("::", None, None, True),
        ("192.168.1.5", None, None, True),
        ("127.0.0.1.example.org", None, None, True),
        ("127.0.0.1", "https://study.example", None, True),
    ],
)
def test_who_needs_a_token(tmp_path: Path, host: str, origin: str | None, token: str | None, needed: bool) -> None:
    _, store = begun(tmp_path)
    found = token_of(store, host=host, origin=origin, token=token)
    assert bool(found) == needed
    assert not needed or len(found) >= 16
    # the same after a restart
    assert token_of(store, host=host, origin=origin, token=token) == found


def test_a_short_token_is_refused() -> None:
    with pytest.raises(UsageError, match="a token has 16 letters or more, got 5"):
        check_token("short")


def test_origins() -> None:
    here = ("127.0.0.1", "localhost", "[::1]")
    assert origins_of(host="127.0.0.1", port=8737, origin=None) == {f"http://{name}:8737" for name in here}
    # browsers leave out the port that http has anyway
    assert origins_of(host="::1", port=80, origin=None) == {f"http://{name}" for name in here}
    assert "http://127.0.0.2:8737" in origins_of(host="127.0.0.2", port=8737, origin=None)
    assert origins_of(host="0.0.0.0", port=80, origin=None) == frozenset()
    assert "https://study.example" in origins_of(host="0.0.0.0", port=80, origin="https://study.example/")
    assert "https://study.example" in origins_of(host="::", port=80, origin="HTTPS://Study.Example:443")
    assert "https://study.example:8443" in origins_of(host="::", port=80, origin="https://study.example:8443")
    for wrong in (
        "https://[::1",
        "https://me@study.example",
        "study.example",
        "ftp://study.example",
        "https://study.example/path",
        "https://",
        "https://study.example?x",
    ):
        with pytest.raises(UsageError, match="--origin is what a browser shows"):
            origins_of(host="0.0.0.0", port=80, origin=wrong)


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"cannot listen on 127\.0\.0\.1, port .* choose another with --port"):
            listen("127.0.0.1", taken.getsockname()[1])


def test_analyse_export_and_forget_as_commands(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, "items = 100\n", clips=9)
    for _ in range(2):
        rate(store, raters, prefers("gaze", "full", "center"))
    store.close()
    file = str(tmp_path / "study.toml")
    analysed = RUN.invoke(commands, ["analyse", file, "-o", str(tmp_path / "found")])
    assert analysed.exit_code == 0, analysed.output
    assert "| better | gaze | center | 1.00 [0." in analysed.output
    assert {path.name for path in (tmp_path / "found").iterdir()} == {"raters.md", "raters.csv", "raters.json"}
    exported = RUN.invoke(commands, ["export", file, "-o", str(tmp_path / "answers.csv")])
    assert exported.output == f"{tmp_path / 'answers.csv'}: 50 answers\n"
    forgotten = RUN.invoke(commands, ["forget", file, "rater-002"])
    assert "rater-002 is forgotten, with 50 clicks" in forgotten.output
    for wrong in (["forget", file], ["forget", file, "rater-001", "--participant", "x"]):
        assert isinstance(RUN.invoke(commands, wrong).exception, UsageError)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Run that foveate evaluate made of a toy kitchen."""
    monkeypatch.undo()
    file = tmp_path / "study.toml"
    file.write_text(
        'title = "Rated"\nout = "run"\n[samples]\ndataset = "toykitchen"\nworlds = 1\nspans = 2\nduration_s = 10.0\n'
        'tasks = ["activity"]\n[show]\nviews = ["gaze", "center"]\nsize = ["100"]\n[ask]\nmodels = ["mock"]\n'
        "[score]\nmetrics = []\n[raters]\ntraining = 0\nchecks = 0\nclip_px = 64\nclip_fps = 2.0\n",
        encoding="utf-8",
    )
    from foveate.cli.evaluate import command

    app = Typer()
    app.command()(command)
    result = RUN.invoke(app, [str(file)])
    assert result.exit_code == 0, result.output
    return file


def test_what_evaluate_wrote_can_be_rated(asked: Path) -> None:
    prepared = prepare(read_raters(asked))
    assert prepared.items.conditions == ("gaze", "center")
    assert len(prepared.clips) == len(prepared.design.clips) > 0
    assert prepared.store.fact("run")["title"] == "Rated"


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_serve_as_a_command_until_ctrl_c(tmp_path: Path) -> None:
    file = make_study(tmp_path, "training = 0\n", clips=2)
    command = [sys.executable, "-m", "foveate", "study", "serve", str(file), "--port", "0", "--token", "a-token-of-my-own"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = []
        for line in server.stdout:
            lines.append(line.strip())
            if line.startswith("stop with"):
                break
        link = next(line.split()[-1] for line in lines if line.startswith("raters begin at"))
        assert link.endswith("/join?token=a-token-of-my-own")
        with urlopen(link.replace("/join?", "/join/state?"), timeout=120) as answer:
            assert "What is stored" in json.loads(answer.read())["consent"]
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=120)
    assert server.returncode == 130
    assert errors.splitlines()[-1] == "foveate: stopped; nothing half-written was left behind."
    assert lines[0] == "gaze | center | full: 6 pairs of 2 clips from 2 recordings"
