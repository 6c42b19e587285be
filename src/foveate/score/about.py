"""What every score is: its name in tables, its source, its bounds, and what it needs beside texts."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class About:
    """What tables and documents say of a score."""

    title: str
    """Its name in tables."""
    source: str
    """Where it is defined."""
    low: float | None = 0.0
    """Least value; None: no bound."""
    high: float | None = 1.0
    """Greatest value; None: no bound."""
    higher_is_better: bool = True
    right_or_wrong: bool = False
    """Whether it is 1 or 0 for every item, and its mean a share."""
    semantic: bool = False
    """Whether it tells likeness of meaning, has no zero of its own, and must stand beside its floors."""
    floor_note: str = ""
    """What a reader must know of its lower end."""
    needs: tuple[str, ...] = ("references",)
    """What of every item it is scored by: references, or choices and answers, or objects."""
    package: str = ""
    """The package that computes it; its version is part of the signature."""
    rules: int = 1
    """Of a score that is computed here: one more whenever its rules change, so that numbers of other rules are told apart."""


LIN = "Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries"
ROHRBACH = "Rohrbach, Hendricks, Burns, Darrell and Saenko 2018, Object Hallucination in Image Captioning"
SQUAD = "Rajpurkar, Zhang, Lopyrev and Liang 2016, SQuAD"
QUESTION = ("choices", "answers")

ABOUT: dict[str, About] = {
    "exact_match": About(title="exact match", source=f"{SQUAD}, section 6.1; articles count", right_or_wrong=True, rules=2),
    "object_words": About(
        title="object words", source=f"F1 of words as in {SQUAD}, section 6.1, over listed words only", rules=2
    ),
    "bleu": About(
        title="BLEU",
        source="Papineni, Roukos, Ward and Zhu 2002, BLEU; of one sentence as sacrebleu smooths it (Post 2018)",
        high=100.0,
        floor_note="the mean over items is not the BLEU of the corpus: that is corpus_bleu, with its signature",
        package="sacrebleu",
    ),
    "rouge_1": About(title="ROUGE-1", source=f"{LIN}, section 2", package="rouge-score"),
    "rouge_2": About(title="ROUGE-2", source=f"{LIN}, section 2", package="rouge-score"),
    "rouge_l": About(title="ROUGE-L", source=f"{LIN}, section 3.1", package="rouge-score"),
    "meteor": About(
        title="METEOR",
        source="Denkowski and Lavie 2014, Meteor Universal, version 1.5, as in Chen et al. 2015, Microsoft COCO Captions",
        floor_note="synonyms and paraphrases count, and every small word, so that sentences about other things do not score 0",
        package="pycocoevalcap",
    ),
    "sbert": About(
        title="SBERT",
        source="Reimers and Gurevych 2019, Sentence-BERT",
        low=-1.0,
        semantic=True,
        floor_note="it has no zero: sentences of one domain that say different things are alike. Read it beside its floors",
        package="sentence-transformers",
    ),
    "choice": About(
        title="accuracy",
        source="share of questions whose right choice is named; the rules of reading are in foveate.score.choice",
        right_or_wrong=True,
        floor_note="by chance 1 / choices; an answer that names no choice is wrong",
        needs=QUESTION,
        rules=2,
    ),
    "choice_named": About(
        title="choice named",
        source="share of questions of which one choice is named, right or wrong; foveate.score.choice",
        right_or_wrong=True,
        needs=QUESTION,
        rules=2,
    ),
    "chair_i": About(
        title="CHAIRi",
        source=ROHRBACH,
        higher_is_better=False,
        floor_note="an answer that names no object has none",
        needs=("objects",),
        rules=2,
    ),
    "chair_s": About(
        title="CHAIRs",
        source=ROHRBACH,
        higher_is_better=False,
        right_or_wrong=True,
        floor_note="an answer that names no object has 0",
        needs=("objects",),
        rules=2,
    ),
}
"""Name of a score -> what it is; the names are those of SCORES, and tables have them in this order."""
