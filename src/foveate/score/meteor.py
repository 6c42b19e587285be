"""METEOR, by the Java program that the package pycocoevalcap brings.

Denkowski and Lavie 2014, "Meteor Universal", version 1.5, English: words match exactly, by stem, by WordNet synonym and by
paraphrase. The texts are first cut into tokens, in small letters and without punctuation, by the Stanford tokenizer of the same
package: so the values are those of the COCO caption evaluation (Chen et al. 2015, "Microsoft COCO Captions", section 3).

Java is no Python package and may not be there: then every item is unscored, with the reason.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from foveate.score.score import NO_REFERENCE, References, Score, Scorer, paired

SEPARATOR = "|||"
"""Between the parts of a line of the program's protocol."""
TOKENIZER = "edu.stanford.nlp.process.PTBTokenizer"
PUNCTUATION = frozenset(("''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"))
"""Tokens that the COCO evaluation leaves out. It means to leave out brackets too, and does not: nor do we."""


def meteor() -> Scorer:
    """METEOR of 0 to 1 of every item; of several references the best counts.

    Every item is unscored where java or pycocoevalcap is missing, or where the program fails; the reason says which. An answer
    without a word has 0. The program takes some seconds to begin, for each list of texts, and up to 2 GB of memory.
    """

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        pairs = paired(hypotheses, references)
        missing = why_not()
        try:
            return [Score.unscored(reason=missing) for _ in pairs] if missing else _scores(pairs)
        except (OSError, ValueError) as error:
            return [Score.unscored(reason=f"METEOR's Java program failed: {error}") for _ in pairs]

    return score


def why_not() -> str:
    """Why METEOR cannot be computed here; empty where it can."""
    if shutil.which("java") is None:
        return "METEOR needs java, which is not installed here"
    folder = _package()
    if folder is None:
        return "METEOR needs pycocoevalcap, which is not installed; it comes with: pip install 'foveate[meteor]'"
    missing = [file.name for file in _jars(folder) if not file.is_file()]
    return f"METEOR needs {missing[0]}, which is missing in {folder}; install pycocoevalcap again" if missing else ""


def _package() -> Path | None:
    """The folder of pycocoevalcap, found without importing it."""
    found = find_spec("pycocoevalcap")
    return Path(next(iter(found.submodule_search_locations))) if found and found.submodule_search_locations else None


def _jars(folder: Path) -> tuple[Path, Path]:
    """METEOR and the tokenizer."""
    return folder / "meteor" / "meteor-1.5.jar", folder / "tokenizer" / "stanford-corenlp-3.4.1.jar"


def _scores(pairs: Sequence[tuple[str, tuple[str, ...]]]) -> list[Score]:
    folder = _package()
    assert folder is not None, "why_not was asked first"
    program, tokenizer = _jars(folder)
    texts = sorted({text for hypothesis, told in pairs for text in (hypothesis, *told)})
    tokens_of = dict(zip(texts, _tokenized(texts, tokenizer), strict=True))
    lines = []
    scores: list[Score | None] = []
    for hypothesis, told in pairs:
        said, wanted = tokens_of[hypothesis], [tokens for text in told if (tokens := tokens_of[text])]
        if wanted and said:
            lines.append(f" {SEPARATOR} ".join(("SCORE", *wanted, said)))
        scores.append(None if wanted and said else Score(0.0) if wanted else Score.unscored(reason=NO_REFERENCE))
    found = iter(_asked(lines, program))
    return [Score(next(found)) if score is None else score for score in scores]


def _tokenized(texts: Sequence[str], jar: Path) -> list[str]:
    """The tokens of every text between blanks; a text that is punctuation only has none."""
    lines = "".join(f"{' '.join(text.replace(SEPARATOR, ' ').split())}\n" for text in texts)
    command = ["java", "-cp", str(jar), TOKENIZER, "-preserveLines", "-lowerCase", "-encoding", "utf-8"]
    done = subprocess.run(command, input=lines.encode("utf-8", "replace"), capture_output=True, check=False)
    found = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
    if done.returncode or len(found) != len(texts):
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise ValueError(f"{len(texts)} texts became {len(found)} lines of tokens; it said: {said or 'nothing'}")
    return [" ".join(token for token in line.split() if token not in PUNCTUATION) for line in found]


def _asked(lines: Sequence[str], jar: Path) -> list[float]:
    """What the program answers: it turns every line into statistics, and these into scores."""
    if not lines:
        return []
    command = ["java", "-jar", "-Xmx2G", "-Dfile.encoding=UTF-8", str(jar), "-", "-", "-stdio", "-l", "en", "-norm"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            statistics = [_line(process, line) for line in lines]
            first = _line(process, f" {SEPARATOR} ".join(("EVAL", *statistics)))
            return [float(each) for each in (first, *(_line(process) for _ in lines[1:]))]
        except (OSError, ValueError) as error:
            process.kill()
            process.wait()
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()[-300:]
            raise ValueError(f"{error}; it said: {said or 'nothing'}") from error
        finally:
            process.kill()


def _line(process: "subprocess.Popen[bytes]", line: str = "") -> str:
    """The next line that the program writes, after it was given one."""
    assert process.stdin is not None
    assert process.stdout is not None
    if line:
        process.stdin.write(f"{line}\n".encode("utf-8", "replace"))
        process.stdin.flush()
    told = process.stdout.readline().decode("utf-8", "replace").strip()
    if not told:
        raise ValueError("it ended, or wrote an empty line")
    return told
