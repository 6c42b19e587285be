"""The report of Runs made by hand: what differs, what is pictured, what is said, and nothing loaded from elsewhere."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foveate.comparison.compare import compare_run
from foveate.comparison.examples import most_different, pictured
from foveate.comparison.report import check_command, write_report
from foveate.evaluation.study import Comparing
from foveate.evaluation.ways import Way
from foveate.run import Run, RunLine
from foveate.run.images import image_hash, keep_image
from made_run import frame, line, make_run

WORLD = {"seed": 900_001, "variant": "kitchen", "duration_s": 20.0}
WAYS = {
    "gaze": Way("gaze", "gaze", uses_gaze=True).facts(),
    "center": Way("center", "center").facts(),
    "no image": Way("no image", None).facts(),
}
DRAWN = {f"rec-{n}": {"world": WORLD} for n in range(8)}


def lines(**told: object) -> list[RunLine]:
    """Eight recordings of two samples: gaze is right about all but the second of rec-0, the centre about none but that."""
    return [
        line(
            f"rec-{recording}:{span}",
            shown,
            text=f"The {'red' if shown == 'gaze' else 'blue'} apple number {recording} is cut.",
            scores={"exact_match": float((shown == "gaze") != ((recording, span) == (0, 1)))},
            **told,
        )
        for recording in range(8)
        for span in range(2)
        for shown in ("gaze", "center")
    ]


def a_run(folder: Path, told: list[RunLine] | None = None, **facts: object) -> Run:
    return make_run(folder, lines() if told is None else told, **{"shown": WAYS, "recordings": {}, **facts})


def page(folder: Path, run: Run, other: Run | None = None, **comparing: object) -> str:
    write_report(run, other, Comparing(**comparing), folder / "out")  # type: ignore[arg-type]
    return (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_everything_is_written(tmp_path: Path) -> None:
    page(tmp_path, a_run(tmp_path / "run"))
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {
        *("report.html", "compare.md", "compare.csv", "table.md", "table.csv"),
        *("difference_exact_match.svg", "tokens_exact_match.svg"),
    }


def test_the_page_loads_nothing_from_elsewhere_and_escapes_what_models_say(tmp_path: Path) -> None:
    told = [replace(one, text=f"<script>alert({number})</script>") for number, one in enumerate(lines())]
    html = page(tmp_path, a_run(tmp_path / "run", told, title="<b>mine</b>"))
    assert not re.search(r"(src|href)=\"(?!data:|#)", html)
    assert "url(" not in html
    assert "<script>" not in html
    assert "<b>mine</b>" not in html
    assert html.count("&lt;script&gt;") >= 16


def test_answers_that_differ_are_pictured_from_the_recording(tmp_path: Path) -> None:
    html = page(tmp_path, a_run(tmp_path / "run", recordings=DRAWN))
    assert html.count('alt="What the model saw"') == 2 * 16
    assert "16 samples, by exact match" in html
    assert "No picture" not in html


def test_those_of_either_kind_are_shown(tmp_path: Path) -> None:
    (found,) = compare_run(a_run(tmp_path), Comparing())
    chosen = most_different(found, "exact_match", count=6)
    assert [each.gain for each in chosen] == [1.0] * 5 + [-1.0]
    assert chosen[-1].first.line.sample == "rec-0:1"


def test_examples_are_chosen_by_a_score_that_tells_them_apart(tmp_path: Path) -> None:
    told = [replace(one, scores={"exact_match": 0.0, "rouge_l": one.scores["exact_match"]}) for one in lines()]
    assert "16 samples, by ROUGE-L: first those that gaze serves better" in page(
        tmp_path / "other", a_run(tmp_path / "a", told)
    )
    same = [replace(one, scores={"exact_match": 0.0}) for one in lines()]
    html = page(tmp_path / "none", a_run(tmp_path / "b", same))
    assert "16 samples, by their words; no score tells them apart." in html
    assert "serves better" not in html


def test_that_few_recordings_have_no_interval_is_explained_once(tmp_path: Path) -> None:
    few = [one for one in lines() if one.recording in ("rec-0", "rec-1")]
    html = page(tmp_path, a_run(tmp_path / "run", few))
    assert html.count("no interval below 6 clusters") == 1
    assert "(no interval)" in html


def test_the_same_words_are_no_difference(tmp_path: Path) -> None:
    told = [replace(one, text="The same. ") if one.sample == "rec-1:0" else one for one in lines()]
    (found,) = compare_run(a_run(tmp_path, told), Comparing())
    assert "rec-1:0" not in {each.first.line.sample for each in most_different(found, None)}


def test_other_words_come_first_where_scores_are_equal(tmp_path: Path) -> None:
    told = [
        replace(one, text="Something else entirely.") if (one.sample, one.shown) == ("rec-5:1", "center") else one
        for one in lines()
    ]
    (found,) = compare_run(a_run(tmp_path, told), Comparing())
    assert most_different(found, "exact_match")[0].first.line.sample == "rec-5:1"


def test_kept_images_stand_in_for_a_recording_that_is_gone(tmp_path: Path) -> None:
    image = np.full((32, 32, 3), 200, np.uint8)
    told = [replace(one, images_sha256=(image_hash(image),)) for one in lines()]
    run = a_run(tmp_path / "run", told, recordings={f"rec-{n}": {"path": str(tmp_path / "gone")} for n in range(8)})
    assert "No picture: it cannot be made again" in page(tmp_path / "without", run)
    keep_image(run.folder, image)
    html = page(tmp_path / "with", run)
    assert html.count('<img class="kept"') == 2 * 16
    assert "No picture" not in html


@pytest.mark.parametrize("facts", [{}, {"recordings": {}}, {"shown": WAYS}], ids=["nothing", "no views", "no recordings"])
def test_a_run_that_does_not_tell_how_views_were_made_has_no_pictures(tmp_path: Path, facts: dict[str, object]) -> None:
    html = page(tmp_path, make_run(tmp_path / "run", lines(), **facts))
    assert "No picture: it cannot be made again (the Run does not tell how its views were made)" in html


def test_where_gaze_is_worse_than_the_centre_points_to_check(tmp_path: Path) -> None:
    places = {f"rec-{n}": {"path": f"/data/my rec {n}", "declared": {"time": "t"}} for n in range(8)}
    told = [
        replace(one, scores={"exact_match": 1.0 - one.scores["exact_match"]}) if one.recording == "rec-3" else one
        for one in lines()
    ]
    told = [
        replace(one, frames=(frame("held"), frame())) if (one.recording, one.shown) == ("rec-3", "gaze") else one
        for one in told
    ]
    html = page(tmp_path, a_run(tmp_path / "run", told, recordings=places))
    assert "foveate check &#39;/data/my rec 3&#39; -D time=t --drift" in html
    assert "50.0%" in html
    assert "Frames stood in: they had no gaze of their own moment" in html
    assert "foveate check &#39;/data/my rec 4" not in html


def test_a_drawn_world_needs_no_check(tmp_path: Path) -> None:
    assert check_command(a_run(tmp_path, recordings=DRAWN), "rec-0") == ""


def test_without_any_score_costs_and_words_are_compared(tmp_path: Path) -> None:
    told = [replace(one, scores={}) for one in lines()]
    html = page(tmp_path, a_run(tmp_path / "run", told))
    assert "Nothing is scored" in html
    assert "Nothing is scored" in (tmp_path / "out" / "compare.md").read_text(encoding="utf-8")
    assert "16 samples, by their words" in html


def test_several_models_share_the_pictures_of_a_page(tmp_path: Path) -> None:
    told = [one for model in ("one", "two") for one in lines(model=model)]
    html = page(tmp_path, a_run(tmp_path / "run", told))
    assert html.count("10 samples, by exact match") == 2
    assert (tmp_path / "out" / "2_difference_exact_match.svg").exists()


def test_notice_and_what_was_left_out_are_told(tmp_path: Path) -> None:
    html = page(tmp_path, a_run(tmp_path / "run", notice="toy model", left_out={"no video": 3}))
    assert '<p class="notice">Toy model.</p>' in html
    assert '<p class="soft">Left out: 3 x no video.</p>' in html


def test_two_runs_have_one_page(tmp_path: Path) -> None:
    other = [replace(one, text=f"{one.text} Yes.", scores={"exact_match": 0.0}) for one in lines()]
    html = page(tmp_path, a_run(tmp_path / "mine"), a_run(tmp_path / "theirs", other))
    assert "<h1>mine and theirs</h1>" in html
    assert '<span class="head">mine minus theirs</span>' in html
    assert '<span class="what">gaze</span>' in html
    assert not (tmp_path / "out" / "table.csv").exists()


SCORING = {"score": {"metrics": ["exact_match"], "object_names": [], "sbert_model": ""}}


def test_the_floors_of_two_runs_stand_beside_their_scores(tmp_path: Path) -> None:
    """Of one Run they are in its table already; two share the samples that both have."""
    mine, theirs = (a_run(tmp_path / name, study=SCORING) for name in ("mine", "theirs"))
    html = page(tmp_path, mine, theirs)
    text = (tmp_path / "out" / "compare.md").read_text(encoding="utf-8")
    for floor in ("another clip&#39;s reference", "constant sentence"):
        assert f'<tr class="floor"><td>{floor}<span class="interval">floor</span>' in html
    assert "| constant sentence | floor | 1.00 " in text, "all references are the same here"
    assert "| gaze (mine) | 16 of 16 | 0.94 [" in text


def test_markdown_of_one_run_has_its_means_and_floors_too(tmp_path: Path) -> None:
    page(tmp_path, a_run(tmp_path / "run", study=SCORING))
    text = (tmp_path / "out" / "compare.md").read_text(encoding="utf-8")
    assert (
        text.index("| gaze | 16 of 16 | 0.94 [") < text.index("| constant sentence | floor |") < text.index("| all samples |")
    )


def test_ways_that_one_of_two_runs_has_alone_stand_on_the_page(tmp_path: Path) -> None:
    mine = a_run(tmp_path / "mine")
    theirs = a_run(tmp_path / "theirs", [one for one in lines() if one.shown == "gaze"])
    html = page(tmp_path, mine, theirs)
    others = ", ".join(dict.fromkeys(one.shown for one in mine.lines if one.shown != "gaze"))
    assert f"Not compared, since it is only in mine: way of showing {others}." in html


def test_two_runs_that_were_not_scored_alike_say_so_first(tmp_path: Path) -> None:
    mine, theirs = (a_run(tmp_path / name, metrics={"exact_match": f"exact_match|{name}"}) for name in ("mine", "theirs"))
    html = page(tmp_path, mine, theirs)
    assert '<p class="notice">exact match was not computed alike (' in html
    assert "**exact match was not computed alike (" in (tmp_path / "out" / "compare.md").read_text(encoding="utf-8")


def test_worse_is_higher_where_less_is_better(tmp_path: Path) -> None:
    told = [replace(one, scores={"chair_i": one.scores["exact_match"]}) for one in lines()]
    html = page(tmp_path, a_run(tmp_path / "run", told))
    assert "Recordings whose mean CHAIRi is worse with gaze than with the centre crop." in html
    assert "<td>-1.00</td>" in html
    assert '<th scope="col">CHAIRi (lower is better)</th>' in html
    assert "<figcaption>CHAIRi (lower is better), mean with" in html
    assert "| CHAIRi (lower is better) |" in (tmp_path / "out" / "table.md").read_text(encoding="utf-8")


def test_lower_is_better_turns_what_is_better(tmp_path: Path) -> None:
    told = [replace(one, scores={"chair_i": one.scores["exact_match"]}) for one in lines()]
    (found,) = compare_run(a_run(tmp_path, told), Comparing())
    assert [each.gain for each in most_different(found, "chair_i", count=4)] == [-1.0, 1.0, 1.0, 1.0]


def test_without_images_there_is_nothing_to_picture(tmp_path: Path) -> None:
    told = [replace(one, shown="no image", frames=()) if one.shown == "center" else one for one in lines()]
    run = a_run(tmp_path, told)
    (found,) = compare_run(run, Comparing())
    one = pictured(most_different(found, "exact_match", count=2), (run, run))[0]
    assert (one.second.pictures, one.second.why_not) == ((), "no image was shown")


@pytest.mark.parametrize("told", [[], ["x"]], ids=["no lines", "one way"])
def test_nothing_is_written_where_nothing_can_be_compared(tmp_path: Path, told: list[str]) -> None:
    from foveate.errors import UsageError

    run = make_run(tmp_path / "run", [line("a:0", "gaze") for _ in told] or lines()[:1])
    with pytest.raises(UsageError, match="nothing to compare"):
        write_report(run, None, Comparing(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
