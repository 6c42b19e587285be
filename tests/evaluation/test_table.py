"""Tables of Runs whose scores are known."""

import csv
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from foveate.evaluation.table import make_tables
from foveate.evaluation.table_text import corpus_told, costs_told, told_of, unscored_told, write_tables
from foveate.stats.interval import NO_SPREAD
from made_run import frame, grid, line, make_run


def test_spans_are_averaged_within_their_recording_first(tmp_path: Path) -> None:
    lines = [line(f"a:{n}", "gaze", scores={"exact_match": 1.0}) for n in range(9)]
    (table,) = make_tables(make_run(tmp_path, [*lines, line("b:0", "gaze", scores={"exact_match": 0.0})]))
    (row,) = table.rows
    assert (table.samples, table.clusters, table.unit) == (10, 2, "recording")
    assert (row.scores["exact_match"].mean, row.scores["exact_match"].method) == (0.5, "no interval below 6 clusters")


def test_the_participant_is_the_unit_where_told(tmp_path: Path) -> None:
    lines = [line(f"rec-{n}:0", "gaze", participant=f"P{n % 2}", scores={"exact_match": float(n < 3)}) for n in range(4)]
    (table,) = make_tables(make_run(tmp_path / "told", lines))
    assert (table.clusters, table.unit) == (2, "participant")
    assert table.rows[0].scores["exact_match"].mean == 0.75
    lines[0] = replace(lines[0], participant="")
    (table,) = make_tables(make_run(tmp_path / "mixed", lines))
    assert (table.clusters, table.unit) == (3, "participant (recording where none is told)")


def test_a_person_who_may_be_written_in_two_ways_is_told(tmp_path: Path) -> None:
    """Each of them would count as a person of their own, and the evidence would seem to be more."""
    people = ["P-01", "p01", "P02", "", "Ann ", "Ann", "P 01"]
    told = told_of(make_run(tmp_path, [line(f"r{n}:0", "gaze", participant=name) for n, name in enumerate(people)]))
    assert told == [
        "**Participants 'P-01' and 'p01' and 'P 01' count as 3: their names differ in case or signs only.**",
        "**Participants 'Ann ' and 'Ann' count as 2: their names differ in case or signs only.**",
    ]


def test_what_has_no_score_is_no_zero_and_its_reason_is_counted(tmp_path: Path) -> None:
    lines = [
        line("a:0", "gaze", scores={"meteor": 0.8}),
        line("b:0", "gaze", unscored={"meteor": "java is not installed"}),
        line("c:0", "gaze", text=None, reason="out of memory"),
    ]
    (table,) = write_tables(make_run(tmp_path, lines))
    (row,) = table.rows
    assert (row.samples, row.answered, row.scores["meteor"].mean) == (3, 2, 0.8)
    assert row.unscored == {"meteor": {"java is not installed": 1, "no answer: out of memory": 1}}
    text = (tmp_path / "table.md").read_text()
    assert "1 answer without METEOR: java is not installed." in text
    assert "| gaze | 2 of 3 | 0.80 | 16 |" in text


def test_a_judge_that_never_says_the_same_does_not_fill_the_page(tmp_path: Path) -> None:
    said = ["prose a", "prose b", "prose b", "prose c", "prose d", "prose d", "prose e"]
    lines = [line(f"r{n}:0", "gaze", unscored={"judge_truth": reason}) for n, reason in enumerate(said)]
    (table,) = make_tables(make_run(tmp_path, lines))
    assert unscored_told(table) == [
        "2 answers without judge truth: prose b.",
        "2 answers without judge truth: prose d.",
        "1 answer without judge truth: prose a.",
        "2 answers more without judge truth, for other reasons: scores.jsonl has them.",
    ]


def test_costs_are_of_answers_only(tmp_path: Path) -> None:
    lines = [line(f"a:{n}", "gaze", first_token_s=n / 10, visual_tokens=n) for n in range(21)]
    lines.append(line("a:99", "gaze", text=None, reason="refused", visual_tokens=9999))
    (table,) = make_tables(make_run(tmp_path, lines))
    costs = table.rows[0].costs
    assert (costs.visual_tokens, costs.first_token_s) == (10, (1.0, pytest.approx(1.9)))


def test_of_few_answers_no_95th_percentile_is_told(tmp_path: Path) -> None:
    """It would be about the slowest of them; answers that were known are no answers of this Run's time."""
    many = [line(f"a:{n}", "gaze", first_token_s=n / 10, total_s=n / 5) for n in range(21)]
    few = [line(f"a:{n}", "center", first_token_s=n / 10 if n < 19 else None, total_s=n / 5) for n in range(21)]
    (table,) = write_tables(make_run(tmp_path, [*many, *few]))
    assert [row.costs.first_token_s for row in table.rows] == [(1.0, pytest.approx(1.9)), (0.9, None)]
    text = (tmp_path / "table.md").read_text()
    assert "| 1.00 (p95 1.90) |" in text
    assert "| 0.90 |" in text
    assert costs_told(table) == ["Seconds to the first token are the median, without a 95th percentile below 20 answers."]
    told = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert [(row["first_token_p50_s"], row["first_token_p95_s"]) for row in told] == [("1.0", "1.9"), ("0.9", "")]
    (table,) = make_tables(make_run(tmp_path / "enough", many))
    assert costs_told(table) == []


def test_answers_that_were_known_took_no_time_and_are_counted(tmp_path: Path) -> None:
    was_known: dict[str, None] = {"model_s": None, "first_token_s": None, "total_s": None}
    lines = [line("a:0", "gaze"), line("a:1", "gaze", **was_known), *(line(f"a:{n}", "full", **was_known) for n in range(2))]
    (table,) = write_tables(make_run(tmp_path, [*lines, line("a:0", "center", first_token_s=None)]))
    gaze, full, center = table.rows
    assert (gaze.costs.known, gaze.costs.model_s, gaze.costs.first_token_s, gaze.costs.total_s) == (
        1,
        0.25,
        (0.1, None),
        (0.5, None),
    )
    assert (full.costs.known, full.costs.model_s, full.costs.first_token_s) == (2, None, None)
    assert (full.untimed, center.untimed) == ("known", "not told")
    text = (tmp_path / "table.md").read_text()
    assert "3 of 5 answers were known from before and took no time here: seconds are of the others (gaze 1; full 2)." in text
    assert "| full | 2 of 2 | 16 | known | known |" in text
    assert "| center | 1 of 1 | 16 | not told | 0.25 |" in text
    with (tmp_path / "table.csv").open() as file:
        assert [row["known"] for row in csv.DictReader(file)] == ["1", "2", "0"]
    (table,) = make_tables(make_run(tmp_path / "all", lines[2:4]))
    assert costs_told(table) == ["2 of 2 answers were known from before and took no time here: there are no seconds to tell."]


def test_every_model_instruction_and_category_has_its_table(tmp_path: Path) -> None:
    lines = [
        line(f"{recording}:0", shown, model=model, category=category, scores={"exact_match": 1.0})
        for model in ("one", "two")
        for recording, category in (("a", "cooking"), ("b", "sport"))
        for shown in ("gaze", "center")
    ]
    tables = write_tables(make_run(tmp_path, lines))
    text = (tmp_path / "table.md").read_text()
    assert "| gaze | 1 of 1 | 1.00 |" in text
    assert text.count("No interval below 6 clusters.") == text.count("| shown |") == 6, "once for every table"
    assert [(table.model, list(table.of_category)) for table in tables] == [(m, ["cooking", "sport"]) for m in ("one", "two")]
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert len(rows) == 2 * 3 * 2
    assert [(row["category"], row["shown"], row["clusters"]) for row in rows[:3]] == [
        ("all", "gaze", "2"),
        ("all", "center", "2"),
        ("cooking", "gaze", "1"),
    ]


def test_stood_in_frames_are_counted(tmp_path: Path) -> None:
    lines = [line("a:0", "gaze", frames=(frame(), frame("held"), frame("center"))), line("a:0", "center")]
    (table,) = make_tables(make_run(tmp_path, lines))
    assert [(row.frames, row.stood_in) for row in table.rows] == [(3, 2), (1, 0)]


def test_what_a_reader_must_know_stands_first(tmp_path: Path) -> None:
    run = make_run(
        tmp_path, grid({"gaze": [1.0]}, recordings=1, spans=1), notice="toy model", complete=False, left_out={"no video": 3}
    )
    write_tables(run)
    text = (tmp_path / "table.md").read_text()
    assert text.index("**Toy model.**") < text.index("Not complete") < text.index("Left out: 3 x no video") < text.index("##")


def test_a_run_without_scores_still_tells_its_costs(tmp_path: Path) -> None:
    write_tables(make_run(tmp_path, [line("a:0", "gaze")]), tmp_path / "elsewhere")
    (row,) = csv.DictReader((tmp_path / "elsewhere" / "table.csv").read_text().splitlines())
    assert (row["score"], row["mean"], row["visual_tokens"]) == ("", "", "16.0")


def test_texts_of_others_break_no_table(tmp_path: Path) -> None:
    write_tables(make_run(tmp_path, [line("a:0", "gaze | =1+1", category="=cmd()", scores={"exact_match": 1.0})]))
    assert "| gaze / =1+1 | 1 of 1 |" in (tmp_path / "table.md").read_text()


def test_a_score_that_is_no_share_has_none_of_a_shares_interval(tmp_path: Path) -> None:
    """ROUGE-L of 1 everywhere was told as .48 to 1, as if every sample were one right answer."""
    lines = [line(f"rec-{n}:0", "gaze", scores={"exact_match": 1.0, "rouge_l": 1.0}) for n in range(6)]
    (table,) = make_tables(make_run(tmp_path, lines))
    scores = table.rows[0].scores
    assert scores["exact_match"].low == pytest.approx(0.476, abs=1e-3)
    assert (scores["rouge_l"].low, scores["rouge_l"].method) == (None, NO_SPREAD)


def test_bleu_stands_over_all_samples_too(tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu")
    told = {"references": ("the person cuts a red apple",), "scores": {"bleu": 50.0}}
    lines = [line("a:0", "gaze", text="the person cuts a red apple", **told), line("b:0", "gaze", text="the person", **told)]
    lines.append(line("c:0", "gaze", text=None, reason="refused", references=("anything",)))
    (table,) = write_tables(make_run(tmp_path, lines))
    found = table.corpus_bleu["gaze"]
    assert (found.items, found.score.value) == (2, pytest.approx(100 * math.exp(1 - 12 / 8)))
    assert f"BLEU over all samples together: gaze {found.score.value:.1f}" in (tmp_path / "table.md").read_text()
    assert "nrefs:1|case:mixed" in (tmp_path / "table.md").read_text()


def test_bleu_over_fewer_samples_tells_how_many(tmp_path: Path) -> None:
    """Two ways whose BLEU is over other samples are not compared by it unawares."""
    pytest.importorskip("sacrebleu")
    lines = [
        line(f"a:{n}", shown, scores={"bleu": 50.0}, references=("cuts an apple",)) for n in range(3) for shown in ("x", "y")
    ]
    lines[-1] = replace(lines[-1], text=None, reason="no answer", scores={})
    (table,) = make_tables(make_run(tmp_path, lines))
    (said,) = corpus_told(table)
    assert re.match(r"BLEU over all samples together: x [\d.]+, y [\d.]+ \(2 of 3\) \(sacrebleu", said), said
