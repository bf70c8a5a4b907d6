"""Pleasantries: what asks for nothing in many languages, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tickets.pleasantries import Pleasantry, pleasantry


@pytest.mark.parametrize(
    "text",
    ["Hi", "hello team!", "Good morning everyone", "Guten Tag zusammen", "Bonjour à tous", "¡Hola!", "Buenos días",
     "Ciao a tutti", "Olá", "Hej", "Cześć", "Привет", "Добрый день", "こんにちは", "你好", "안녕하세요", "नमस्ते",
     "مرحبا", "@helpdesk hi :wave:"],
)  # fmt: skip
def test_a_greeting_is_a_greeting(text: str) -> None:
    assert pleasantry(text) is Pleasantry.GREETING


@pytest.mark.parametrize(
    "text",
    ["Thanks!", "thank you so much 🙏", "ok thanks", "Perfect, thanks a lot for your help", "Vielen Dank für die Hilfe",
     "Merci beaucoup !", "Muchas gracias", "Grazie mille", "Muito obrigado", "Dank je wel", "Tack så mycket",
     "Спасибо большое", "ありがとうございます！", "谢谢", "감사합니다", "धन्यवाद", "شكراً"],
)  # fmt: skip
def test_thanks_are_thanks(text: str) -> None:
    assert pleasantry(text) is Pleasantry.THANKS


@pytest.mark.parametrize(
    "text",
    ["", "yes", "yes please", "ok", "no", "no thanks", "👍", "help", "Hi, help", "Hi, where is my order", "hello?",
     "thanks but it is still broken", "thanks, refund it", "Thanks. 2", "Hallo, wo ist mein Paket", "cancel", "good",
     "merci de rembourser", "hi https://evil.example", "thanks for nothing", "gracias por nada pero sigue roto"],
)  # fmt: skip
def test_what_may_want_an_answer_is_no_pleasantry(text: str) -> None:
    assert pleasantry(text) is None


@given(st.text(max_size=200))
def test_nothing_with_a_question_or_a_number_is_ever_only_nice(text: str) -> None:
    assert pleasantry(text + "?") is None
    assert pleasantry("thanks 1 " + text) is None
