"""The router on utterances its examples were not written from."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents_team.models.offline.extract import amounts_minor, order_ids, priority, sentiment, small_talk, wants_person
from agents_team.models.offline.reading import Reading
from agents_team.models.offline.triage import UNCLEAR, choose
from agents_team.router import OUT_OF_SCOPE, Router, load_examples, shipped_router
from agents_team.routing.train import fingerprint, shipped_fingerprint

HELD_OUT: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("held_out.yaml").read_text(encoding="utf-8"))
IN_SCOPE = [(lane, text) for lane, texts in HELD_OUT.items() if lane != OUT_OF_SCOPE for text in texts]


@pytest.fixture(scope="module")
def router() -> Router:
    return shipped_router()


def chosen(text: str) -> str:
    """The lane; out of scope is right when the requester is asked back."""
    guess = choose(Reading(new=[text]))
    return OUT_OF_SCOPE if guess.intent in (OUT_OF_SCOPE, UNCLEAR) else guess.lane


def test_the_shipped_weights_belong_to_the_shipped_examples() -> None:
    assert shipped_fingerprint() == fingerprint(), "run python -m agents_team.routing.train"


def test_the_held_out_utterances_are_held_out() -> None:
    known = {example.saying.lower().strip(" ?!.") for example in load_examples()}
    common = {"hi", "agent", "thank you for your help"}

    assert not [text for texts in HELD_OUT.values() for text in texts if text.lower().strip(" ?!.") in known - common]


def test_most_unseen_utterances_find_their_lane(capsys: pytest.CaptureFixture[str]) -> None:
    confusion = Counter((lane, chosen(text)) for lane, texts in HELD_OUT.items() for text in texts)
    with capsys.disabled():
        _print(confusion)

    assert sum(chosen(text) == lane for lane, text in IN_SCOPE) / len(IN_SCOPE) >= 0.88
    for lane in set(HELD_OUT) - {OUT_OF_SCOPE}:
        assert confusion[lane, lane] / len(HELD_OUT[lane]) >= 0.7


def _print(confusion: Counter[tuple[str, str]]) -> None:
    lanes = list(HELD_OUT)
    rows = ["", "wanted \\ got   " + " ".join(f"{lane[:12]:>12}" for lane in lanes)]
    rows += [f"{lane:14} " + " ".join(f"{confusion[lane, got]:12}" for got in lanes) for lane in lanes]
    sys.stdout.write("\n".join(rows) + "\n")


def test_where_the_router_is_sure_it_is_right_and_it_is_sure_of_half(router: Router) -> None:
    sure = [(lane, router.guess(text).lane) for lane, text in IN_SCOPE if router.guess(text).sure]

    assert len(sure) / len(IN_SCOPE) >= 0.5
    assert sum(lane == got for lane, got in sure) / len(sure) >= 0.98


def test_what_is_out_of_scope_is_never_sure_and_hardly_ever_answered(router: Router) -> None:
    strange = [router.guess(text) for text in HELD_OUT[OUT_OF_SCOPE]]

    assert not [guess for guess in strange if guess.sure]
    assert sum(guess.answerable for guess in strange) / len(strange) <= 0.01


def test_a_correction_by_staff_is_heard_at_once() -> None:
    router = shipped_router().with_sources(embedded=None, store=None)
    text = "my flux capacitor hums"
    assert router.guess(text).lane != "technical"

    router.learn("technical", text)

    assert router.guess("the flux capacitor hums again").lane == "technical"
    assert router.guess("where is my order ORD-1").lane == "order_status"


def test_nothing_alike_is_no_lane(router: Router) -> None:
    assert router.guess("").lane == ""
    assert not router.guess("qqq zzz").answerable


@pytest.mark.parametrize("text", ["cancle my ordr", "pasword forgoten", "refudn please", "trak my pakage"])
def test_typing_errors_are_forgiven(router: Router, text: str) -> None:
    lanes = {"cancle my ordr": "order_status", "pasword forgoten": "technical", "refudn please": "refund"}

    assert router.guess(text).lane == lanes.get(text, "order_status")


@pytest.mark.parametrize(
    "text",
    [
        "a person please", "I want to speak to a human", "Mensch bitte", "Ich möchte mit einem Mitarbeiter sprechen",
        "je veux parler à quelqu'un", "quiero hablar con una persona", "voglio parlare con un operatore",
        "quero falar com uma pessoa", "ik wil met een medewerker praten", "хочу поговорить с человеком", "转人工",
        "担当者をお願いします",
        "chcę rozmawiać z człowiekiem", "please connect me with support",
    ],
)  # fmt: skip
def test_the_wish_for_a_person_is_heard_in_many_languages(text: str) -> None:
    assert wants_person(text)


WISHES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("wishes.yaml").read_text(encoding="utf-8"))
WANTED = [(language, text) for language, texts in WISHES["wanted"].items() for text in texts]


@pytest.mark.parametrize(("language", "text"), WANTED)
def test_the_wish_for_a_person_is_heard_in_fifty_languages(language: str, text: str) -> None:
    assert wants_person(text), language


@pytest.mark.parametrize("text", WISHES["unwanted"])
def test_a_person_who_is_only_spoken_of_is_no_wish_for_one(text: str) -> None:
    assert not wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "can another person use my account",
        "I am a person of few words",
        "the delivery person left it outside",
        "is there an agent fee",
        "it was for personal use",
    ],
)
def test_a_person_in_the_sentence_is_no_wish_for_one(text: str) -> None:
    assert not wants_person(text)


def test_ids_and_amounts_are_picked_out() -> None:
    assert order_ids("where are ORD-1001, ord-1002 and ORD-1001?") == ["ORD-1001", "ORD-1002"]
    assert order_ids("order 88123 or #4711") == ["88123", "4711"]
    assert order_ids("call me in 2026") == []
    assert amounts_minor("$49.99 and 20 euros and 12,50 €") == [4999, 2000, 1250]
    assert amounts_minor("3 items, order 1001") == []


def test_moods_and_priorities_are_guessed() -> None:
    assert [sentiment(t) for t in ("thanks!", "where is it", "it is broken", "this is ridiculous")] == [
        "positive", "neutral", "negative", "angry",
    ]  # fmt: skip
    assert [priority(t) for t in ("how do I", "I was charged twice", "urgent!", "my account was hacked")] == [
        "low", "medium", "high", "critical",
    ]  # fmt: skip


def test_small_talk_is_only_small_talk_when_nothing_else_is_said() -> None:
    assert [small_talk(t) for t in ("Hi there!", "ok, thanks a lot", "bye", "Guten Tag")] == [
        "greeting", "thanks", "bye", "greeting",
    ]  # fmt: skip
    assert [small_talk(t) for t in ("Hi, where is ORD-1?", "thanks, but where is it?")] == [None, None]


@pytest.mark.parametrize("name", ["held_out_styles", "held_out_last"])
def test_sayings_in_the_manner_of_the_public_sets_find_their_lane(router: Router, name: str) -> None:
    held_out = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))
    ours = [(lane, text) for lane, texts in held_out.items() if lane != OUT_OF_SCOPE for text in texts]
    known = {example.saying.lower().strip(" ?!.") for example in load_examples()}
    sure = [(lane, router.guess(text).lane) for lane, text in ours if router.guess(text).sure]

    assert not [text for texts in held_out.values() for text in texts if text.lower().strip(" ?!.") in known]
    assert sum(chosen(text) == lane for lane, text in ours) / len(ours) >= 0.9
    assert len(sure) / len(ours) >= 0.6
    assert sum(lane == got for lane, got in sure) / len(sure) >= 0.98
    assert not [text for text in held_out[OUT_OF_SCOPE] if router.guess(text).answerable]
