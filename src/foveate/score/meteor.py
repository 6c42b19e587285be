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
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import IO

from foveate.score.score import NO_REFERENCE, References, Score, Scorer, paired

LONGEST_S = 300.0
"""For one text, with the program's start. Its search grows without bound where a text says the same words again and again."""
SEPARATOR = "|||"
"""Between the parts of a line of the program's protocol."""
ARGUMENTS = ("-", "-", "-stdio", "-l", "en", "-norm")
"""To speak that protocol; English, with words brought to one form."""
TOKENIZER = "edu.stanford.nlp.process.PTBTokenizer"
PUNCTUATION = frozenset(("''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"))
"""Tokens that the COCO evaluation leaves out. It means to leave out brackets too, and does not: nor do we."""


def meteor() -> Scorer:
    """METEOR of 0 to 1 of every item; of several references the best counts.

    Where java or pycocoevalcap is missing every item is unscored, where the program fails of a text that item alone; the reason
    says which. An answer without a word has 0. The program takes some seconds to begin, for each list of texts, and up to 2 GB.
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
    scores = []
    with tempfile.TemporaryFile() as errors, _Program(program, errors) as meteor:
        for hypothesis, told in pairs:
            said, wanted = tokens_of[hypothesis], [tokens for text in told if (tokens := tokens_of[text])]
            if not wanted:
                scores.append(Score.unscored(reason=NO_REFERENCE))
            else:
                scores.append(meteor.score(said, wanted) if said else Score(0.0))
    return scores


def _tokenized(texts: Sequence[str], jar: Path) -> list[str]:
    """The tokens of every text between blanks; a text that is punctuation only has none."""
    lines = "".join(f"{' '.join(text.replace(SEPARATOR, ' ').split())}\n" for text in texts)
    command = ["java", "-cp", str(jar), TOKENIZER, "-preserveLines", "-lowerCase", "-encoding", "utf-8"]
    done = subprocess.run(command, input=lines.encode("utf-8", "replace"), capture_output=True, check=False)
    found = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
    if done.returncode or len(found) != len(texts):
        said = _first_line(done.stderr)
        raise ValueError(f"{len(texts)} texts became {len(found)} lines of tokens; it said: {said}")
    return [" ".join(token for token in line.split() if token not in PUNCTUATION) for line in found]


class _Program:
    """The Java program, started when it is needed and once more after a text has killed it."""

    def __init__(self, jar: Path, errors: IO[bytes]) -> None:
        # it aligns words by recursion, and a text that repeats itself overflows the usual stack
        self._command = ["java", "-Xmx2G", "-Xss256m", "-Dfile.encoding=UTF-8", "-jar", str(jar), *ARGUMENTS]
        self._errors = errors
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "_Program":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def score(self, said: str, wanted: Sequence[str]) -> Score:
        """Of one answer beside its references, all as tokens between blanks."""
        try:
            self._start()
            statistics = self._line(f" {SEPARATOR} ".join(("SCORE", *wanted, said)))
            value = float(self._line(f"EVAL {SEPARATOR} {statistics}"))
            self._line()  # the same once more, as the value of the corpus
            return Score(value)
        except (OSError, ValueError) as error:
            self._end()
            return Score.unscored(reason=f"METEOR's Java program failed: {error}; it said: {self._said()}")

    def _line(self, given: str = "") -> str:
        """The next line that it writes, after it was given one."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        late = Timer(LONGEST_S, process.kill)
        late.start()
        try:
            if given:
                process.stdin.write(f"{given}\n".encode("utf-8", "replace"))
                process.stdin.flush()
            told = process.stdout.readline().decode("utf-8", "replace").strip()
        finally:
            late.cancel()
        if not told:
            raise ValueError(f"it ended, or needed more than {LONGEST_S:g} s")
        return told

    def _start(self) -> None:
        if self._process is None:
            self._errors.seek(0)
            self._errors.truncate()
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=self._errors)

    def _said(self) -> str:
        self._errors.seek(0)
        return _first_line(self._errors.read())

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with suppress(OSError):
                self._process.communicate()  # closes the pipes
            self._process = None


def _first_line(said: bytes) -> str:
    """Of what a program wrote on its errors: Java's first line names the exception, the others its own source."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[0][:300] if lines else "nothing"
