"""A linear classifier over counted features (multinomial logistic regression), in plain Python."""

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Bag = Mapping[str, float]


@dataclass(slots=True)
class Linear:
    """Weights by feature, then by class number; a feature nobody trained says nothing."""

    classes: list[str]
    weights: dict[str, dict[int, float]]

    def probabilities(self, bag: Bag) -> list[float]:
        """How likely each class is, in the order of `classes`; they add up to one."""
        scores = [0.0] * len(self.classes)
        for feature in _scaled(bag):
            for number, weight in self.weights.get(feature, {}).items():
                scores[number] += weight
        return _softmax(scores)


def _scaled(bag: Bag) -> list[str]:
    return [*bag, "bias"]


def _softmax(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    grown = [math.exp(score - highest) for score in scores]
    whole = sum(grown)
    return [value / whole for value in grown]


def train(
    bags: Sequence[Bag],
    labels: Sequence[str],
    *,
    rounds: int = 14,
    rate: float = 0.25,
    decay: float = 2e-4,
    seed: int = 7,
) -> Linear:
    """Fit by stochastic steps with shrinking size; the same input gives the same weights."""
    classes = sorted(set(labels))
    place = {name: number for number, name in enumerate(classes)}
    size = len(classes)
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0] * size)
    order = list(range(len(bags)))
    shuffle = random.Random(seed)
    step = 0
    for _ in range(rounds):
        shuffle.shuffle(order)
        for number in order:
            step += 1
            pace = rate / (1 + step / len(bags) / 4)
            rows = [weights[feature] for feature in _scaled(bags[number])]
            errors = _softmax([sum(column) for column in zip(*rows, strict=True)])
            errors[place[labels[number]]] -= 1.0
            moves = [(n, pace * error) for n, error in enumerate(errors) if abs(error) > 0.002]
            shrink = 1 - pace * decay
            for row in rows:
                for n, move in moves:
                    row[n] = row[n] * shrink - move
    return Linear(classes, {feature: _kept(row) for feature, row in weights.items()})


def _kept(row: Sequence[float]) -> dict[int, float]:
    return {n: round(value, 2) for n, value in enumerate(row) if abs(value) >= 0.05}
