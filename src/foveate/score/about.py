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
    semantic: bool = False
    """Whether it tells likeness of meaning, has no zero of its own, and must stand beside its floors."""
    floor_note: str = ""
    """What a reader must know of its lower end."""
    needs: tuple[str, ...] = ("references",)
    """What of every item it is scored by: references, or choices and answers, or objects."""
    package: str = ""
    """The package that computes it; its version is part of the signature."""


LIN = "Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries"
ROHRBACH = "Rohrbach, Hendricks, Burns, Darrell and Saenko 2018, Object Hallucination in Image Captioning"
SQUAD = "Rajpurkar, Zhang, Lopyrev and Liang 2016, SQuAD"

ABOUT: dict[str, About] = {
    "exact_match": About(title="exact match", source=f"{SQUAD}, section 6.1; articles count"),
    "object_words": About(title="object words", source=f"F1 of words as in {SQUAD}, section 6.1, over listed words only"),
    "rouge_1": About(title="ROUGE-1", source=f"{LIN}, section 2", package="rouge-score"),
    "rouge_2": About(title="ROUGE-2", source=f"{LIN}, section 2", package="rouge-score"),
    "rouge_l": About(title="ROUGE-L", source=f"{LIN}, section 3.1", package="rouge-score"),
    "sbert": About(
        title="SBERT",
        source="Reimers and Gurevych 2019, Sentence-BERT",
        low=-1.0,
        semantic=True,
        floor_note="two sentences of one domain that say different things often score above .5: read it beside its floors",
        package="sentence-transformers",
    ),
}
"""Name of a score -> what it is; the names are those of SCORES."""
