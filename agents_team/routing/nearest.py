"""The nearest example sayings by shared features; adding an example is all the training there is."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

NEIGHBOURS = 3
SHARPNESS = 25.0


class Nearest:
    """An inverted index over the features of examples, each under the label of its lane."""

    def __init__(self, bags: Sequence[Iterable[str]], lanes: Sequence[str]):
        self._lanes = list(lanes)
        holding = Counter(feature for bag in bags for feature in set(bag))
        self._rarity = {feature: math.log((1 + len(bags)) / (1 + n)) + 1 for feature, n in holding.items()}
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(bags):
            self._post(number, bag)

    def add(self, bag: Iterable[str], lane: str) -> None:
        """One more example, heard at once. How rare features are is left as it was."""
        self._lanes.append(lane)
        self._post(len(self._lanes) - 1, bag)

    def closest(self, bag: Iterable[str]) -> tuple[str, float]:
        """The lane of the nearest example and how near it is (0 to 1); the newest of equals wins."""
        near = self._near(bag)
        if not near:
            return "", 0.0
        number = max(near, key=lambda n: (round(near[n], 6), n))
        return self._lanes[number], near[number]

    def shares(self, bag: Iterable[str]) -> dict[str, float]:
        """How much each lane is favoured by its three nearest examples; the shares add up to one."""
        found: dict[str, list[float]] = defaultdict(list)
        for number, score in self._near(bag).items():
            found[self._lanes[number]].append(score)
        means = {lane: sum(sorted(scores, reverse=True)[:NEIGHBOURS]) / NEIGHBOURS for lane, scores in found.items()}
        return sharpened(means, SHARPNESS)

    def _near(self, bag: Iterable[str]) -> dict[int, float]:
        near: dict[int, float] = defaultdict(float)
        for feature, weight in self._weighed(bag).items():
            for number, other in self._postings.get(feature, ()):
                near[number] += weight * other
        return near

    def _post(self, number: int, bag: Iterable[str]) -> None:
        for feature, weight in self._weighed(bag).items():
            self._postings[feature].append((number, weight))

    def _weighed(self, bag: Iterable[str]) -> dict[str, float]:
        vector = {feature: self._rarity.get(feature, 1.0) for feature in bag}
        length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        return {feature: weight / length for feature, weight in vector.items()}


def sharpened(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Scores as shares that add up to one; a small lead counts the more, the greater the sharpness."""
    if not scores:
        return {}
    highest = max(scores.values())
    grown = {name: math.exp(sharpness * (score - highest)) for name, score in scores.items()}
    whole = sum(grown.values())
    return {name: value / whole for name, value in grown.items()}
