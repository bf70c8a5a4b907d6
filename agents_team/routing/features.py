"""What the router sees in a sentence: words, forgiven typing errors, concepts, and which act goes with which thing."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import yaml

CONCEPTS = Path(__file__).with_name("concepts.yaml")

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_PLACEHOLDERS = (
    (re.compile(r"\{\{[^{}]*\}\}|\[[A-Za-z ]{2,30}\]"), " "),
    (re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.]+"), " mailaddress "),
    (re.compile(r"\b[A-Za-z]{2,5}-?\d{3,}(?:-\d+)*\b|\b[A-Za-z]{2,5}-\d{1,}\b|#\w*\d\w*|\b\d{4,}\b"), " orderid "),
    (
        re.compile(
            r"[$€£] ?\d++(?:[.,]\d++)*+|\b(?<!\d[.,])\d++(?:[.,]\d++)*+ ?(?:usd|eur|gbp|dollars?|euros?|bucks)\b", re.I
        ),
        " amount ",
    ),
)
_FILLER_WORDS = """
a an the please pls plz i'm im is am are be to of it i'd i'll i've just and so could would should will shall can may
might that this these those there do does did have has had for on in at by with from as if you u your me my we us our
or but been being was were any some about into really very also then
"""
_FILLER = frozenset(_FILLER_WORDS.split())
_SHORT = 4
_LONG = 8


class Lexicon:
    """The concepts, and the words the router knows; a word it does not know may be one of them, typed wrongly."""

    def __init__(self, known: Iterable[str], concepts: Path = CONCEPTS):
        groups: dict[str, dict[str, list[str]]] = yaml.safe_load(concepts.read_text(encoding="utf-8"))
        self._patterns = {
            group[0]: {name: _pattern(words) for name, words in named.items()} for group, named in groups.items()
        }
        spelled = {
            word
            for named in groups.values()
            for words in named.values()
            for phrase in words
            for word in _WORD.findall(str(phrase).lower())
        }
        self._stems = tuple(
            str(phrase)[:-1]
            for named in groups.values()
            for words in named.values()
            for phrase in words
            if str(phrase).endswith("*") and " " not in str(phrase)
        )
        self.known = frozenset(known) | spelled | _FILLER
        self._longest = max(map(len, self.known)) + 2

    @cached_property
    def _by_deletion(self) -> dict[str, list[str]]:
        """Each known word under itself with one letter left out: two words one slip apart share such a form."""
        forms: dict[str, list[str]] = {}
        for word in sorted(self.known):
            if len(word) >= _SHORT:
                for form in {word, *_deletions(word)}:
                    forms.setdefault(form, []).append(word)
        return forms

    def corrected(self, word: str) -> str:
        """The known word one slip away (two in long words) with the same first letter, or the word itself."""
        if not _SHORT < len(word) <= self._longest or self._is_known(word):
            return word
        near = self._near(word)
        if not near and len(word) >= _LONG:
            near = {other for form in _deletions(word) for other in self._near(form)}
        # Two letters in the wrong order are the commonest slip: "chagred" is "charged" rather than "changed".
        letters = sorted(word)
        return min(near, key=lambda o: (sorted(o) != letters, abs(len(o) - len(word)), o), default=word)

    def _near(self, word: str) -> set[str]:
        forms = {word, *_deletions(word)}
        return {
            other
            for form in forms
            for other in self._by_deletion.get(form, ())
            if other[0] == word[0] and other != word
        }

    def features(self, text: str) -> Counter[str]:
        """The features of a text, each with how often it occurs. Words nobody knows become "?"."""
        words = [self.corrected(word) for word in words_of(text)]
        plain = " ".join(words)
        acts = [name for name, pattern in self._patterns["a"].items() if pattern.search(plain)]
        things = [name for name, pattern in self._patterns["t"].items() if pattern.search(plain)]
        telling = [word for word in words if word not in _FILLER]
        strange = sum(1 for word in telling if not self._is_known(word))
        bag = Counter(f"a:{name}" for name in acts)
        bag.update(f"t:{name}" for name in things)
        bag.update(f"{act}+{thing}" for act in acts for thing in things)
        bag.update(f"{one}&{two}" for n, one in enumerate(things) for two in things[n + 1 :])
        bag.update(f"w:{word}" for word in telling if word in self.known)
        bag.update(
            f"b:{one} {two}" for one, two in pairwise(["^", *words, "$"]) if {one, two} <= self.known | {"^", "$"}
        )
        if strange:
            bag[f"?{min(strange, 4)}"] = 1
        if not things:
            bag["no thing"] = 1
        if len(telling) <= 1:
            bag["one word"] = 1
        return bag

    def things(self, text: str) -> frozenset[str]:
        """The things a text speaks of."""
        plain = " ".join(self.corrected(word) for word in words_of(text))
        return frozenset(name for name, pattern in self._patterns["t"].items() if pattern.search(plain))

    def spelled(self, text: str) -> str:
        """The text with each word corrected, and everything between the words as it was."""
        return _WORD.sub(lambda match: self._corrected_as_written(match[0]), text)

    def _corrected_as_written(self, word: str) -> str:
        better = self.corrected(word.lower())
        return word if better == word.lower() else better

    def all_features(self, text: str) -> Counter[str]:
        """The same, and every telling word as it stands: for examples nobody trained on."""
        bag = self.features(text)
        bag.update(f"r:{word}" for word in words_of(text) if word not in _FILLER)
        return bag

    def _is_known(self, word: str) -> bool:
        return word in self.known or word.startswith(self._stems) or word.isdigit()


def words_of(text: str) -> list[str]:
    """The words, lower case, with ids, addresses and amounts replaced by what they are."""
    text = text.replace("’", "'")
    for pattern, name in _PLACEHOLDERS:
        text = pattern.sub(name, text)
    return _WORD.findall(text.lower())


def _pattern(words: list[str]) -> re.Pattern[str]:
    """One pattern for all words of a concept; "deliver*" stands for any ending."""
    endings = (re.escape(str(word)).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for word in words)
    return re.compile(rf"(?<!\w)(?:{'|'.join(endings)})(?!\w)")


def _deletions(word: str) -> set[str]:
    return {word[:n] + word[n + 1 :] for n in range(len(word))}
