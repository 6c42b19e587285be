"""Our statistics and scores beside scipy's, statsmodels' and the reference packages' own: the greatest difference.

    python benchmarks/equal.py [--draws 300]        # about a minute

Data are drawn anew for every row: some normal, some of few values, so that there are ties. Where nobody else has the same
thing, tests hold it against published values (docs/statistics.md, tests/stats).
"""

import argparse
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from foveate.score import corpus_bleu, score_texts
from foveate.stats import detectable, effect, equivalence, friedman, holm, interval, paired_test, power, wilcoxon
from foveate.stats.agreement import cohens_kappa
from foveate.stats.proportion import proportion

Values = NDArray[np.float64]
PROMISE = 1e-9
WORDS = [
    "the",
    "person",
    "picks",
    "up",
    "a",
    "red",
    "mug",
    "and",
    "puts",
    "it",
    "on",
    "green",
    "board",
    "then",
    "cuts",
    "slices",
    "washes",
]


def gaps(rng: np.random.Generator, count: int, *, ties: bool = False) -> Values:
    """Differences of so many clusters."""
    return rng.integers(-3, 5, count).astype(float) if ties else rng.normal(0.2, 1.0, count)


def flips(rng: np.random.Generator) -> float:
    gap = gaps(rng, int(rng.integers(6, 13)), ties=bool(rng.integers(2)))
    wanted = stats.permutation_test((gap,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    return abs(paired_test(gap, np.zeros(len(gap)), range(len(gap))).p - wanted)


def holms(rng: np.random.Generator) -> float:
    p = rng.random(int(rng.integers(2, 9))) ** 3
    return float(np.max(np.abs(np.array(holm(p.tolist())) - multipletests(p, method="holm")[1])))


def t_interval(rng: np.random.Generator) -> float:
    values = gaps(rng, int(rng.integers(6, 10)))
    ours, wanted = interval(values, range(len(values))), stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    return max(abs(ours.low - wanted.low), abs(ours.high - wanted.high))


def tost(rng: np.random.Generator) -> float:
    gap = 0.05 * gaps(rng, 20)
    ours, wanted = equivalence(gap, np.zeros(20), range(20), margin=0.05), DescrStatsW(gap).ttost_mean(-0.05, 0.05)
    low, high = DescrStatsW(gap).tconfint_mean(0.1)
    return max(abs(ours.p - wanted[0]), abs(ours.low - low), abs(ours.high - high))


def friedmans(rng: np.random.Generator) -> float:
    columns = [gaps(rng, 15, ties=bool(rng.integers(2))) for _ in range(int(rng.integers(3, 6)))]
    ours, wanted = friedman(columns, range(15)), stats.friedmanchisquare(*columns)
    return max(abs(ours.statistic - wanted.statistic), abs(ours.p - wanted.pvalue))


def wilcoxons(rng: np.random.Generator) -> float:
    gap = gaps(rng, int(rng.integers(8, 13)))
    return abs(wilcoxon(gap) - stats.wilcoxon(gap).pvalue)


def wilcoxons_with_ties(rng: np.random.Generator) -> float:
    gap = gaps(rng, 8, ties=True)
    gap = gap[gap != 0]
    if len(gap) < 2:
        return 0.0
    wanted = stats.wilcoxon(gap, method=stats.PermutationMethod(n_resamples=np.inf)).pvalue
    return abs(wilcoxon(gap) - wanted)


def cohens_dz(rng: np.random.Generator) -> float:
    gap = gaps(rng, 20)
    return abs(effect(gap).dz - stats.ttest_1samp(gap, 0.0).statistic / np.sqrt(20))


def powers(rng: np.random.Generator) -> float:
    dz, count = float(rng.uniform(0.1, 1.2)), int(rng.integers(6, 60))
    return abs(power(dz, count) - TTestPower().power(dz, count, 0.05))


def detectables(rng: np.random.Generator) -> float:
    spread, count = float(rng.uniform(0.5, 2)), int(rng.integers(8, 60))
    # its own solver stops at 1e-6: its power at our difference must be what was wanted
    return abs(TTestPower().power(detectable(spread, count) / spread, count, 0.05) - 0.8)


def clopper_pearson(rng: np.random.Generator) -> float:
    items = int(rng.integers(1, 80))
    right = int(rng.integers(0, items + 1))
    ours, wanted = proportion(right, items), proportion_confint(right, items, method="beta")
    return max(abs(ours.low - wanted[0]), abs(ours.high - wanted[1]))


def kappas(rng: np.random.Generator) -> float:
    first = rng.integers(0, 4, 80)
    second = np.where(rng.random(80) < 0.6, first, rng.integers(0, 4, 80))
    table = np.zeros((4, 4))
    np.add.at(table, (first, second), 1)
    return abs(cohens_kappa(first.tolist(), second.tolist()) - statsmodels_kappa(table).kappa)


def sentences(rng: np.random.Generator) -> tuple[list[str], list[str]]:
    texts = [" ".join(rng.choice(WORDS, int(rng.integers(3, 12)))) for _ in range(8)]
    return texts[:4], texts[4:]


def bleus(rng: np.random.Generator) -> float:
    import sacrebleu

    hypotheses, references = sentences(rng)
    ours = [score.value for score in score_texts("bleu", hypotheses, references)]
    wanted = [sacrebleu.sentence_bleu(one, [other]).score for one, other in zip(hypotheses, references, strict=True)]
    over_all = sacrebleu.corpus_bleu(hypotheses, [references]).score
    each = max(abs(one - other) for one, other in zip(ours, wanted, strict=True))
    return max(each, abs(corpus_bleu(hypotheses, references).score.value - over_all))


def rouges(rng: np.random.Generator) -> float:
    from rouge_score.rouge_scorer import RougeScorer

    hypotheses, references = sentences(rng)
    names = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
    scorer = RougeScorer(list(names.values()), use_stemmer=False)
    return max(
        abs(score.value - scorer.score(reference, hypothesis)[name].fmeasure)
        for ours, name in names.items()
        for score, hypothesis, reference in zip(score_texts(ours, hypotheses, references), hypotheses, references, strict=True)
    )


ROWS: dict[str, tuple[str, Callable[[np.random.Generator], float]]] = {
    "sign flips, exact, p": ("scipy permutation_test", flips),
    "Holm's correction": ("statsmodels multipletests", holms),
    "t interval, 6 to 9 clusters": ("scipy ttest_1samp", t_interval),
    "two one-sided tests, p and 90% interval": ("statsmodels ttost_mean, tconfint_mean", tost),
    "Friedman's test, statistic and p": ("scipy friedmanchisquare", friedmans),
    "Wilcoxon's test, no ties, p": ("scipy wilcoxon", wilcoxons),
    "Wilcoxon's test, ties, p": ("scipy wilcoxon by all permutations", wilcoxons_with_ties),
    "dz": ("scipy ttest_1samp / sqrt n", cohens_dz),
    "power of a paired t test": ("statsmodels TTestPower", powers),
    "power at the detectable difference": ("statsmodels TTestPower", detectables),
    "Clopper-Pearson interval": ("statsmodels proportion_confint", clopper_pearson),
    "Cohen's kappa": ("statsmodels cohens_kappa", kappas),
    "BLEU, of sentences and over all": ("sacrebleu", bleus),
    "ROUGE-1, ROUGE-2, ROUGE-L": ("rouge-score", rouges),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("scipy", "statsmodels", "sacrebleu", "rouge-score"))
    lines = [
        "# Equal to others",
        "",
        f"Greatest difference over {options.draws} drawn data sets a row. By `python benchmarks/equal.py` ({versions}).",
        "",
        "| ours | beside | greatest difference |",
        "|---|---|---|",
    ]
    record = {}
    options.out.mkdir(parents=True, exist_ok=True)
    for number, (name, (peer, differ)) in enumerate(ROWS.items()):
        rng = np.random.default_rng(number)
        record[name] = max(float(differ(rng)) for _ in range(options.draws))
        lines.append(f"| {name} | {peer} | {record[name]:.0e} |")
        print(lines[-1], flush=True)
    (options.out / "equal.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (options.out / "equal.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if worse := [name for name, found in record.items() if not found <= PROMISE]:
        raise SystemExit(f"further apart than {PROMISE:g}: {', '.join(worse)}")


if __name__ == "__main__":
    main()
