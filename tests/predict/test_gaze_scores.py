"""How good a gaze source is: priors with known moments, sources that are right or wrong by construction, the command."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.cli import main
from foveate.errors import RecordingError, UsageError
from foveate.geometry import Size
from foveate.predict.prior import KIND, Prior, fit, prior_text, read_prior
from foveate.predict.score import compare, map_of, means
from foveate.recording.recording import GazeStream, Recording
from writers.table import write_table


def looking(at: np.ndarray) -> Recording:
    """A recording of 60 frames of 200 x 100 px with one gaze point per frame, (60, 2)."""
    drawn = drawn_recording()
    gaze = GazeStream(drawn.scene.time_ns, at, np.isfinite(at).all(axis=1))
    return replace(drawn, loaders={**drawn.loaders, "gaze": lambda: gaze})


def steady(x: float, y: float) -> Recording:
    return looking(np.tile([x, y], (60, 1)))


def test_a_prior_counts_every_recording_alike() -> None:
    few = np.full((60, 2), np.nan)
    few[:6] = np.tile([150.0, 50.0], (6, 1))
    prior = fit([steady(50.0, 25.0), looking(few), steady(50.0, 75.0)])
    assert prior.mean == pytest.approx((5 / 12, 0.5))
    assert np.allclose(prior.covariance, [[1 / 18, 0], [0, 1 / 24]])
    assert (prior.recordings, prior.samples) == (3, 126)


def test_a_prior_comes_back_from_its_file(tmp_path: Path) -> None:
    prior = Prior((0.4, 0.6), ((0.02, 0.001), (0.001, 0.03)), 3, 900)
    (tmp_path / "prior.json").write_text(prior_text(prior))
    assert read_prior(tmp_path / "prior.json") == prior


def of(mean: list[float], covariance: list[list[float]]) -> str:
    """The text of a prior's file."""
    return json.dumps({"kind": KIND, "mean": mean, "covariance": covariance, "recordings": 1, "samples": 1})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("{}", "is no gaze prior; make one: foveate predict", id="another JSON"),
        pytest.param("x", "is no gaze prior", id="no JSON"),
        pytest.param('{"kind": "foveate gaze prior 1", "mean": [0.5]}', "is a broken gaze prior", id="half of one"),
        pytest.param(
            of([0.5, 9], [[1, 0], [0, 1]]),
            r"mean lies in the frame, in \[0, 1\]",
            id="a mean outside",
        ),
        pytest.param(
            of([0.5, 0.5], [[1, 1], [1, 1]]),
            "standard deviation of 0.005 of the frame or more in every direction",
            id="no spread",
        ),
    ],
)
def test_a_broken_prior_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "prior.json").write_text(text)
    with pytest.raises(UsageError, match=told):
        read_prior(tmp_path / "prior.json")


def test_a_map_has_its_mean_and_spread() -> None:
    found = map_of(np.array([60.0, 40.0]), np.array([[100.0, 30.0], [30.0, 64.0]]), Size(200, 100))
    rows, columns = found.shape
    assert (rows, columns) == (32, 64)
    x, y = np.meshgrid((np.arange(columns) + 0.5) * 200 / columns, (np.arange(rows) + 0.5) * 100 / rows)
    mean = np.array([(found * x).sum(), (found * y).sum()])
    assert mean == pytest.approx([60, 40], abs=0.05)
    assert float((found * (x - mean[0]) * (y - mean[1])).sum()) == pytest.approx(30, abs=0.5)
    assert float((found * (x - mean[0]) ** 2).sum()) == pytest.approx(100, abs=1)


def test_right_predictions_beat_the_middle_and_frames_are_counted(tmp_path: Path) -> None:
    at = np.stack([np.linspace(20, 180, 60), np.full(60, 80.0)], axis=1)
    at[:5] = np.nan
    at[5] = (250.0, 50.0)
    (tmp_path / "p.csv").write_text("frame,x_px,y_px\n" + "".join(f"{k},{20 + 160 * k / 59},80\n" for k in range(50)))
    found = compare(looking(at), f"file:{tmp_path / 'p.csv'}")
    assert (found.frames, found.without_measured, found.without_predicted, found.compared) == (60, 6, 10, 44)
    value = {name: (found.source.scores[name].value, found.baseline.scores[name].value) for name in ("auc_judd", "nss", "kl")}
    assert value["auc_judd"][0] == pytest.approx(1.0, abs=0.01)
    assert value["kl"][0] == pytest.approx(0.0, abs=0.05)
    assert value["nss"][0] > 4 > 1 > value["nss"][1]
    assert value["kl"][1] > 1
    assert found.source.scores["angular_error_deg"].reason.startswith("the recording has no camera calibration")


def test_the_baseline_is_scored_on_the_same_frames(tmp_path: Path) -> None:
    at = np.tile([100.0, 50.0], (60, 1))
    at[30:] = (10.0, 10.0)
    (tmp_path / "p.csv").write_text("frame,x_px,y_px\n" + "".join(f"{k},100,50\n" for k in range(30)))
    found = compare(looking(at), f"file:{tmp_path / 'p.csv'}")
    assert found.baseline.scores["auc_judd"].value == pytest.approx(1.0, abs=0.01)


def test_gaze_and_predictions_that_never_meet_are_told(tmp_path: Path) -> None:
    at = np.full((60, 2), np.nan)
    at[40:] = 50.0
    (tmp_path / "p.csv").write_text("frame,x,y\n3,.5,.5\n")
    with pytest.raises(RecordingError, match=r"no frame has both .* \(20 of 60 have measured gaze, 1 a prediction\)"):
        compare(looking(at), f"file:{tmp_path / 'p.csv'}")


@pytest.mark.parametrize(("count", "has_interval"), [pytest.param(5, False, id="five"), pytest.param(6, True, id="six")])
def test_an_interval_takes_six_recordings(count: int, has_interval: bool) -> None:
    found = means(compare(steady(100.0 + 10 * k, 50.0), "center") for k in range(count))
    assert (found["source"]["auc_judd"].low is not None) is has_interval
    assert found["difference"]["auc_judd"].mean == 0.0
    assert np.isnan(found["source"]["angular_error_deg"].mean)


def run(*arguments: str | Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["foveate", *map(str, arguments)])
    try:
        main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def test_the_command_fits_and_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = np.random.default_rng(0).normal([[20.0], [40.0]], [[4.0], [3.0]], (2, 160))
    gaze = {"time_ns": np.arange(160) * 5_000_000, "x_px": x, "y_px": y}
    rec, other = (write_table(tmp_path / "study" / name, gaze) for name in ("one", "two"))
    prior = tmp_path / "prior.json"
    assert run("predict", rec, "--fit", "-o", prior, monkeypatch=monkeypatch) == 0
    assert "the mean gaze point of 1 recording" in capsys.readouterr().out
    assert run("predict", rec, "--fit", "-o", prior, monkeypatch=monkeypatch) == 2
    assert "is there already" in capsys.readouterr().err
    assert run("predict", tmp_path / "study", "--gaze", f"center:{prior}", "--json", monkeypatch=monkeypatch) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in told["recordings"]] == [rec.name, other.name]
    assert told["recordings"][0]["source"]["about"] == "the mean gaze point of 1 recording (prior.json)"
    assert told["mean"]["source"]["kl"]["method"] == "no interval below 6 clusters"
    assert told["mean"]["source"]["kl"]["mean"] < told["mean"]["baseline"]["kl"]["mean"]
    assert run("predict", rec, other, "--gaze", "center", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    assert "20 of 20 frames compared" in said
    assert "mean of 2 recordings" in said
    assert "none: the recording has no camera calibration" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param([], "give --gaze SOURCE to score it, or --fit -o prior.json", id="nothing"),
        pytest.param(["--fit"], "--fit writes a file that ends in .json", id="a fit without a file"),
        pytest.param(["--fit", "--gaze", "center"], "score it in a second call", id="both"),
        pytest.param(["--gaze", "midle"], "there is no gaze source 'midle'", id="a typo"),
    ],
)
def test_the_command_says_what_it_takes(
    options: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("predict", tmp_path, *options, monkeypatch=monkeypatch) == 2
    assert told in capsys.readouterr().err
