"""Old conversations are answered again beside what staff wrote, from mail and from Slack exports."""

import json
import mailbox
import zipfile
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.evals.replay.likeness import likeness

ALICE, DESK = "Alice <alice@example.com>", "Sam <sam@northwind.example>"
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def letter(number: int, sender: str, text: str, *, answers: int | None = None, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "support@northwind.example", "A question"
    mail["Message-ID"] = f"<{number}@example.com>"
    mail["Date"] = format_datetime(BEGIN + timedelta(hours=number))
    if answers is not None:
        mail["In-Reply-To"] = mail["References"] = f"<{answers}@example.com>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


@pytest.fixture
def old_mail(tmp_path: Path) -> Path:
    """Two threads staff answered, one of them twice; one nobody answered; one machine."""
    path = tmp_path / "support.mbox"
    box = mailbox.mbox(path)
    quoted = "You are welcome.\n\nOn Mon, Alice wrote:\n> How do I export data to CSV?"
    for mail in (
        letter(1, ALICE, "How do I export data to CSV?"),
        letter(2, DESK, "Open Reports and choose Export, then CSV.", answers=1),
        letter(3, ALICE, "Thanks! And my card is 4111 1111 1111 1111, is that fine?", answers=2),
        letter(4, DESK, quoted, answers=3),
        letter(5, ALICE, "Please refund ORD-1002, I was charged twice."),
        letter(6, DESK, "I have refunded the 99.00 USD of ORD-1002.", answers=5),
        letter(7, ALICE, "Is anybody there?"),
        letter(8, "robot@example.com", "I am away until Monday.", Auto_Submitted="auto-replied"),
    ):
        box.add(mail)
    box.close()
    return path


def replay(*arguments: str) -> Any:
    done = CliRunner().invoke(cli, ["replay", *arguments], env={"HELPDESK_SHOP__BACKEND": "sample"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_each_answer_of_staff_stands_beside_what_the_team_would_have_said(old_mail: Path) -> None:
    found = json.loads(replay(str(old_mail), "--staff", "@northwind.example", "--json"))

    assert [(one["conversation"], one["number"]) for one in found["moments"]] != []
    assert len(found["moments"]) == 3
    export, thanks, refund = sorted(found["moments"], key=lambda one: one["at"])
    assert export["staff"] == "Open Reports and choose Export, then CSV."
    assert export["specialist"] == "faq"
    assert export["citations"]
    assert thanks["staff"] == "You are welcome."
    assert "4111 1111" not in json.dumps(found)
    assert refund["proposals"][0]["kind"] == "refund"
    assert found["left_out"] == {"automatic mail (auto_reply)": 1}
    summary = found["summary"]
    assert (summary["conversations"], summary["moments"], summary["proposals"]) == (2, 3, {"refund": 1})


def test_the_table_says_it_for_people(old_mail: Path) -> None:
    said = replay(str(old_mail), "--staff", "sam@northwind.example", "--show", "1")

    assert "2 conversations, 3 answers of staff to compare with" in said
    assert "nothing was carried out" in said
    assert "staff:" in said


def test_the_newest_few_are_enough(old_mail: Path) -> None:
    found = json.loads(replay(str(old_mail), "--staff", "@northwind.example", "--limit", "1", "--json"))

    assert [one["proposals"][0]["kind"] for one in found["moments"]] == ["refund"]


def test_who_staff_are_must_be_said(old_mail: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["replay", str(old_mail)])

    assert done.exit_code == 1
    assert "--staff" in done.output


def slack_rows() -> dict[str, Any]:
    people = [
        {"id": "U1SAM", "team_id": "T1", "profile": {"real_name": "Sam", "email": "sam@northwind.example"}},
        {"id": "U1ROBIN", "team_id": "T1", "profile": {"real_name": "Robin"}},
        {"id": "U2ALICE", "team_id": "T2", "is_stranger": True, "profile": {"email": "alice@example.com"}},
        {"id": "U1BOT", "team_id": "T1", "is_bot": True},
    ]
    first = "1772440000.000100"
    day: list[dict[str, str]] = [
        {"user": "U2ALICE", "ts": first, "text": "Where is <@U1SAM>'s parcel ORD-1001?"},
        {"user": "U1BOT", "ts": "1772440001.000100", "thread_ts": first, "text": "hi"},
        {"user": "U2ALICE", "ts": "1772440002.000100", "thread_ts": first, "text": "?"},
        {
            "user": "U1SAM",
            "ts": "1772440060.000100",
            "thread_ts": first,
            "text": "It is on its way &amp; comes on Friday.",
        },
        {"subtype": "channel_join", "user": "U1SAM", "ts": "1772440070.000100", "text": "joined"},
    ]
    return {"users.json": people, "acme-support/2026-03-02.json": [{"type": "message", **row} for row in day]}


@pytest.mark.parametrize("packed", [True, False])
def test_a_slack_export_tells_staff_by_their_team(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("export.zip" if packed else "export")
    if packed:
        with zipfile.ZipFile(path, "w") as box:
            for name, rows in slack_rows().items():
                box.writestr(name, json.dumps(rows))
    else:
        for name, rows in slack_rows().items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(json.dumps(rows))

    found = json.loads(replay(str(path), "--json"))

    (one,) = found["moments"]
    assert one["asked"] == "Where is @Sam's parcel ORD-1001?\n\n?"
    assert one["staff"] == "It is on its way & comes on Friday."
    assert one["specialist"] == "order_status"
    assert found["left_out"] == {"said by a bot": 1, "not said by a person (channel_join)": 1}


def test_a_broken_export_is_named(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("[{")
    done = CliRunner().invoke(cli, ["replay", str(tmp_path)])

    assert done.exit_code == 1
    assert "users.json is not JSON" in done.output


@pytest.mark.parametrize(
    ("ours", "theirs", "words", "facts", "only_ours"),
    [
        ("We refunded $99.00 today.", "Refund of 99 USD was made.", 0.4, 1.0, ()),
        ("It takes 5 days.", "It takes 3 business days.", 0.8, 0.0, ("5",)),
        ("", "Hello", 0.0, None, ()),
        ("Thank you!", "Thanks, kind regards", 1.0, None, ()),
    ],
)
def test_answers_are_alike_in_words_and_in_facts(
    ours: str, theirs: str, words: float, facts: float | None, only_ours: tuple[str, ...]
) -> None:
    found = likeness(ours, theirs)

    assert found.facts == facts
    assert found.only_ours == only_ours
    assert found.words == pytest.approx(words, abs=0.01)
