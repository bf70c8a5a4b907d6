"""Chooses a lane by examples: weights fitted to them, the nearest of them, and embeddings when an endpoint has any."""

import json
from collections import OrderedDict
from copy import copy
from dataclasses import dataclass, replace
from functools import cache

from agents_team.routing.embedded import EmbeddedExamples
from agents_team.routing.examples import OUT_OF_SCOPE, Example, ExampleStore, load_examples
from agents_team.routing.linear import Linear
from agents_team.routing.nearest import Nearest
from agents_team.routing.train import WEIGHTS, Thresholds, lane_shares, lexicon_of

__all__ = ["OUT_OF_SCOPE", "Example", "ExampleStore", "Guess", "Router", "load_examples", "shipped_router"]

LONGEST = 600
REMEMBERED = 512
STRANGE = 0.6
CLEARLY_STRANGE = 0.9
CORRECTED = 0.62  # how near a saying must be to one that staff moved before their word counts for more than ours


@dataclass(frozen=True, slots=True)
class Guess:
    """A lane, why, and how confident (0 to 1).

    `sure`: right 98 times in 100, so no model has to be asked. `answerable`: close enough to what the desk is for
    that an answer may be tried; below it a question back is the honest reply.
    """

    lane: str
    intent: str
    confidence: float
    sure: bool = False
    answerable: bool = False


NOTHING = Guess("", "nothing alike", 0.0)


class Router:
    """Guesses lanes; one object for a team. A correction by staff is heard at once."""

    def __init__(
        self,
        examples: list[Example],
        linear: Linear,
        thresholds: Thresholds,
    ):
        self._lanes = {example.intent: example.lane for example in examples}
        self._linear = linear
        self._thresholds = thresholds
        self._lexicon = lexicon_of(examples)
        self._nearest = Nearest([self._lexicon.features(e.saying) for e in examples], [e.lane for e in examples])
        self._begin(None, None)

    @property
    def thresholds(self) -> Thresholds:
        """What was fitted on held-out examples."""
        return self._thresholds

    def with_sources(self, *, embedded: EmbeddedExamples | None, store: ExampleStore | None) -> "Router":
        """The same router with an embedding endpoint, and with the examples staff made."""
        other = copy(self)  # reading two thousand examples takes half a second, and they are the same
        other._begin(embedded, store)
        return other

    def _begin(self, embedded: EmbeddedExamples | None, store: ExampleStore | None) -> None:
        """Everything that one team alone has."""
        self._moved = Nearest([], [])
        self._embedded = embedded
        self._store = store
        self._position = ""
        self._guessed: OrderedDict[str, Guess] = OrderedDict()

    def spelled(self, text: str) -> str:
        """The text with words nobody knows replaced by the known ones they are a slip away from."""
        return self._lexicon.spelled(text)

    def things(self, text: str) -> frozenset[str]:
        """What a text is about, by the concepts of `routing/concepts.yaml`."""
        return self._lexicon.things(text)

    def learn(self, lane: str, saying: str) -> None:
        """A colleague says where this belongs: from now on so does everything very much like it."""
        self._moved.add(self._lexicon.all_features(saying[:LONGEST]), lane)
        self._guessed.clear()

    def guess(self, text: str) -> Guess:
        """The nearest lane; what `guess_well` found for the same text before is remembered."""
        text = text[:LONGEST]
        if text not in self._guessed:
            self._remember(text, self._by_words(text))
        return self._guessed[text]

    async def guess_well(self, text: str) -> Guess:
        """The same with everything there is: new corrections by staff, and embeddings. Never fails for want of them."""
        await self._catch_up()
        text = text[:LONGEST]
        if self._embedded is None or not text.strip():
            return self.guess(text)
        shares = await self._embedded.shares(text)
        if shares is not None:
            self._remember(text, self._with_embeddings(self._by_words(text), shares))
        return self.guess(text)

    async def _catch_up(self) -> None:
        if self._store is None:
            return
        for position, example in await self._store.examples_after(self._position):
            self._position = max(self._position, position)
            self.learn(example.lane, example.saying)

    def _remember(self, text: str, guess: Guess) -> None:
        self._guessed[text] = guess
        while len(self._guessed) > REMEMBERED:
            self._guessed.popitem(last=False)

    def _by_words(self, text: str) -> Guess:
        corrected = self._corrected(text)
        if corrected is not None:
            return corrected
        bag = self._lexicon.features(text)
        if not any(feature[:2] in ("a:", "t:", "w:") for feature in bag):
            return NOTHING
        shares, confidence, likely = lane_shares(self._linear, self._nearest, self._lanes, bag)
        lane = max(shares, key=lambda name: shares[name])
        if lane == OUT_OF_SCOPE and shares[lane] < STRANGE:
            # Not strange enough to give up the likeliest lane of ours, and not clear enough to answer in it.
            lane = max((name for name in shares if name != OUT_OF_SCOPE), key=lambda name: shares[name])
            return Guess(lane, self._intent(lane, likely), shares[lane])
        return self._judged(lane, self._intent(lane, likely), confidence[lane], self._thresholds)

    def _corrected(self, text: str) -> Guess | None:
        """What staff said about a message like this one."""
        lane, nearness = self._moved.closest(self._lexicon.all_features(text))
        if nearness < CORRECTED:
            return None
        return Guess(lane, "moved here by a colleague before", nearness, sure=True, answerable=True)

    def _intent(self, lane: str, likely: list[float]) -> str:
        own = [
            (share, name) for name, share in zip(self._linear.classes, likely, strict=True) if self._lanes[name] == lane
        ]
        return max(own)[1]

    def _with_embeddings(self, words: Guess, shares: dict[str, float]) -> Guess:
        """Words and meaning together: where they agree either may be sure, and where only one is clear it decides.

        Where neither is, each has a say by how seldom it missed when it was fitted, so that vectors of a poor model do
        little harm; the lane is then no more than a guess.
        """
        assert self._embedded is not None
        at = self._embedded.thresholds
        lane = max(shares, key=lambda name: shares[name])
        meant = self._judged(lane, words.intent if words.lane == lane else f"like {lane}", shares[lane], at)
        if words.lane == lane:
            best = max(words, meant, key=lambda guess: (guess.sure, guess.answerable, guess.confidence))
            return replace(best, intent=words.intent)
        if lane == OUT_OF_SCOPE and shares[lane] >= CLEARLY_STRANGE and not words.sure:
            return replace(words, answerable=False)
        if words.answerable != meant.answerable:
            return words if words.answerable else meant
        trust = self._thresholds.missed / (self._thresholds.missed + at.missed)
        likelier = meant if trust * meant.confidence > (1 - trust) * words.confidence else words
        return replace(likelier, sure=False)

    def _judged(self, lane: str, intent: str, confidence: float, at: Thresholds) -> Guess:
        known = lane != OUT_OF_SCOPE
        return Guess(lane, intent, confidence, known and confidence >= at.sure, known and confidence >= at.answer)


@cache
def shipped_router() -> Router:
    """The router over the examples that ship, with the weights that ship."""
    data = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    weights = {feature: {int(n): w for n, w in row.items()} for feature, row in data["weights"].items()}
    return Router(
        load_examples(), Linear(data["classes"], weights), Thresholds(data["sure"], data["answer"], data["missed"])
    )
