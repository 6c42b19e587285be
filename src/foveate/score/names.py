"""Names of objects, with their synonyms and plurals, found in a text."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from foveate.errors import UsageError
from foveate.score.words import words

Words = tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """What counts as an object; see ``names_of``."""

    name_of: dict[Words, str]
    """The words of a name, a synonym or their plural -> the name."""

    def found(self, text: str) -> list[str]:
        """The name of every mention, in order; of names that begin at one word the longest counts ("hot dog" is no "dog")."""
        return list(self._mentions(_tokens(text)))

    def _mentions(self, tokens: Words) -> Iterator[str]:
        longest = max(map(len, self.name_of))
        start = 0
        while start < len(tokens):
            lengths = range(min(longest, len(tokens) - start), 0, -1)
            step = next((length for length in lengths if tokens[start : start + length] in self.name_of), 0)
            if step:
                yield self.name_of[tokens[start : start + step]]
            start += step or 1


def names_of(listed: Collection[str]) -> Names:
    """Names out of a list.

    Args:
        listed: each a name in the singular, or "name, synonym, synonym"; a name may have several words. The form is that of
            the list which CHAIR was published with.

    Raises:
        UsageError: for an empty list, an entry without a word, or a word that stands for two names.
    """
    name_of: dict[Words, str] = {}
    if isinstance(listed, str):
        raise UsageError(f"names are a list, got the text {listed!r}; write [{listed!r}]")
    for entry in listed:
        if not isinstance(entry, str):
            raise UsageError(f"an object's name is a text, got {entry!r}; write 'name' or 'name, synonym, synonym'")
        synonyms = [_tokens(each) for each in entry.split(",") if each.strip()]
        if not synonyms or not all(synonyms):
            raise UsageError(f"an object's name needs a word, got {entry!r}; write 'name' or 'name, synonym, synonym'")
        name = " ".join(synonyms[0])
        for synonym in synonyms:
            if name_of.setdefault(synonym, name) != name:
                raise UsageError(f"{' '.join(synonym)!r} is listed for both {name_of[synonym]!r} and {name!r}; take one out")
    if not name_of:
        raise UsageError("objects are found by their names; give at least one in names=")
    plurals = {(*synonym[:-1], last): name for synonym, name in name_of.items() for last in _plurals(synonym[-1])}
    return Names(plurals | name_of)  # a word that is listed itself is nobody's plural


def _tokens(text: str) -> Words:
    """Words of a text, "cutting-board" as two of them, without the genitive's s."""
    return tuple(word.removesuffix("'s").removesuffix("’s") for word in words(text.replace("-", " ")))


def _plurals(word: str) -> Iterator[str]:
    """How English may write more than one of it, by rule."""
    yield f"{word}s"
    if word.endswith(("s", "x", "z", "ch", "sh", "o")):
        yield f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        yield f"{word[:-1]}ies"
    if word.endswith("fe"):
        yield f"{word[:-2]}ves"
    if word.endswith("f"):
        yield f"{word[:-1]}ves"
    if word.endswith("man"):
        yield f"{word[:-3]}men"
