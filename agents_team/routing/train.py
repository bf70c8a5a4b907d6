"""`python -m agents_team.routing.train` fits the shipped weights and thresholds to the examples."""

import hashlib
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from agents_team.routing.examples import EXAMPLES, OUT_OF_SCOPE, Example, load_examples
from agents_team.routing.features import CONCEPTS, Lexicon, words_of
from agents_team.routing.linear import Linear, train
from agents_team.routing.nearest import Nearest

WEIGHTS = Path(__file__).with_name("weights.json")

FOLDS = 5
SHUFFLES = 4
PRECISION = 0.98
STRANGERS_KEPT_OUT = 0.995  # of our own strange sayings; strangers' are stranger, and 99 of 100 are wanted there
LINEAR_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From `sure` on a lane is right 98 times in 100; from `answer` on 995 of 1000 strange questions are kept out.

    `missed` is the share of our own sayings that found another lane than theirs.
    """

    sure: float
    answer: float
    missed: float = 0.1


def lexicon_of(examples: Sequence[Example]) -> Lexicon:
    """The words that at least two sayings of the desk's own subjects share; all others are strange."""
    said = Counter(word for e in examples if e.lane != OUT_OF_SCOPE for word in set(words_of(e.saying)))
    return Lexicon(word for word, times in said.items() if times > 1)


def lane_shares(
    linear: Linear, nearest: Nearest, lanes: dict[str, str], bag: Counter[str]
) -> tuple[dict[str, float], dict[str, float], list[float]]:
    """(share of each lane by weights, confidence in each lane, likelihood of each intent)."""
    likely = linear.probabilities(bag)
    by_weights: dict[str, float] = defaultdict(float)
    for intent, share in zip(linear.classes, likely, strict=True):
        by_weights[lanes[intent]] += share
    near = nearest.shares(bag)
    confidence = {
        lane: LINEAR_SHARE * share + (1 - LINEAR_SHARE) * near.get(lane, 0.0) for lane, share in by_weights.items()
    }
    return dict(by_weights), confidence, likely


def fit(examples: Sequence[Example]) -> Thresholds:
    """Thresholds from cross-validation: each example is judged by a model that has not seen it."""
    bags = _bags(examples)
    judged: list[tuple[str, str, float]] = []
    for shuffle in range(SHUFFLES):
        order = list(range(len(examples)))
        random.Random(shuffle).shuffle(order)
        for fold in range(FOLDS):
            seen = [n for place, n in enumerate(order) if place % FOLDS != fold]
            judged += _judged(examples, bags, seen, [n for place, n in enumerate(order) if place % FOLDS == fold])
    return Thresholds(sure_from(judged), answer_from(judged), missed_in(judged))


def _bags(examples: Sequence[Example]) -> list[Counter[str]]:
    lexicon = lexicon_of(examples)
    return [lexicon.features(e.saying) for e in examples]


def _judged(
    examples: Sequence[Example], bags: Sequence[Counter[str]], seen: Sequence[int], unseen: Sequence[int]
) -> list[tuple[str, str, float]]:
    lanes = {e.intent: e.lane for e in examples}
    linear = train([bags[n] for n in seen], [examples[n].intent for n in seen])
    nearest = Nearest([bags[n] for n in seen], [examples[n].lane for n in seen])
    found = []
    for n in unseen:
        shares, confidence, _ = lane_shares(linear, nearest, lanes, bags[n])
        lane = max(shares, key=lambda name: shares[name])
        found.append((examples[n].lane, lane, confidence[lane]))
    return found


def sure_from(judged: Sequence[tuple[str, str, float]]) -> float:
    """The lowest confidence above which the wanted precision holds; judged is (right lane, guess, confidence)."""
    ranked = sorted((row for row in judged if row[1] != OUT_OF_SCOPE), key=lambda row: -row[2])
    right, threshold = 0, 1.0
    for count, (lane, guess, confidence) in enumerate(ranked, start=1):
        right += lane == guess
        if right / count >= PRECISION:
            threshold = confidence
    return round(threshold, 3)


def answer_from(judged: Sequence[tuple[str, str, float]]) -> float:
    """The confidence that all but one in two hundred strange questions stay below."""
    strange = sorted(0.0 if guess == OUT_OF_SCOPE else c for lane, guess, c in judged if lane == OUT_OF_SCOPE)
    return round(strange[int(STRANGERS_KEPT_OUT * (len(strange) - 1))], 3) if strange else 0.5


def missed_in(judged: Sequence[tuple[str, str, float]]) -> float:
    """The share of our own sayings that found another lane than theirs; never none at all."""
    own = [lane == guess for lane, guess, _ in judged if lane != OUT_OF_SCOPE]
    return round((own.count(False) + 1) / (len(own) + 1), 4)


def fingerprint() -> str:
    """Tells whether the shipped weights belong to the shipped examples and concepts."""
    code = Path(__file__).with_name("features.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in (EXAMPLES, CONCEPTS, code))).hexdigest()[:16]


def shipped_fingerprint() -> str:
    """The fingerprint the shipped weights were fitted for."""
    return str(json.loads(WEIGHTS.read_text(encoding="utf-8"))["fingerprint"])


def main() -> None:
    """Write `weights.json`."""
    examples = load_examples()
    thresholds = fit(examples)
    linear = train(_bags(examples), [e.intent for e in examples])
    weights = {feature: row for feature, row in sorted(linear.weights.items()) if row}
    head = {"fingerprint": fingerprint(), **asdict(thresholds)}
    lines = [f"{json.dumps(feature, ensure_ascii=False)}: {json.dumps(row)}" for feature, row in weights.items()]
    start = json.dumps({**head, "classes": linear.classes}, ensure_ascii=False, indent=0)[:-2]
    WEIGHTS.write_text(start + ',\n"weights": {\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    sys.stdout.write(f"{len(examples)} examples, {len(weights)} features, {thresholds}\n")


if __name__ == "__main__":
    main()
