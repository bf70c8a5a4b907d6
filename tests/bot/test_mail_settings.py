"""What an operator writes about mail is what the mail doors get, and what does not fit together is said at once."""

from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import MailSettings
from bot.settings_load import load
from bot.wiring import mail_config
from channels.mail.config import MailConfig


def config(**mail: Any) -> MailConfig:
    settings = MailSettings.model_validate({"address": "support@desk.example", "secret": "s", **mail})
    made = mail_config(settings, "Desk", disk_path="/var/lib/desk")
    assert made is not None
    return made


BOX = {"host": "imap.example", "user": "u", "password": "p"}
OAUTH = {"token_url": "https://login.example/token", "client_id": "app", "client_secret": "x"}


def test_door_is_told_about_certificate_and_disk(tmp_path: Path) -> None:
    door = config(smtp_in={"tls_certificate": "c.pem", "tls_key": "k.pem", "min_free_disk": 5}).smtp_in
    assert door is not None
    assert (door.tls_certificate, door.tls_key, door.min_free_disk) == ("c.pem", "k.pem", 5)
    assert door.disk_path == "/var/lib/desk", "the disk that fills up is the database's"
    elsewhere = config(smtp_in={"disk_path": str(tmp_path)}).smtp_in
    assert elsewhere is not None
    assert elsewhere.disk_path == str(tmp_path)


def test_mailbox_starts_with_new_mail_and_can_do_without_idle() -> None:
    first, second = config(imap={"a": BOX, "b": {**BOX, "start": "all", "idle": False}}).imap.values()
    assert (first.start, first.idle) == ("new", True)
    assert (second.start, second.idle) == ("all", False)


def test_tokens_take_the_place_of_a_password() -> None:
    box = {"host": "outlook.example", "user": "u", "auth": "xoauth2", "oauth": OAUTH}
    out = {"host": "smtp.example", "user": "u", "auth": "xoauth2", "oauth": {**OAUTH, "refresh_token": "r"}}
    made = config(imap={"main": box}, smtp_out=out)
    assert made.imap["main"].oauth is not None
    assert made.imap["main"].oauth.refresh_token is None
    assert made.smtp_out is not None
    assert made.smtp_out.oauth is not None
    assert made.smtp_out.oauth.refresh_token == "r"


def test_token_settings_come_from_variables_too() -> None:
    variables = {
        "HELPDESK_CONFIG": "/dev/null",
        "HELPDESK_MAIL__IMAP__main__HOST": "h",
        "HELPDESK_MAIL__IMAP__main__USER": "u",
        "HELPDESK_MAIL__IMAP__main__AUTH": "xoauth2",
        "HELPDESK_MAIL__IMAP__main__OAUTH__TOKEN_URL": "https://login.example/token",
        "HELPDESK_MAIL__IMAP__main__OAUTH__CLIENT_ID": "app",
    }
    oauth = load(environment=variables).settings.mail.imap["main"].oauth
    assert oauth is not None
    assert oauth.client_id == "app"


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        ({"imap": {"main": {"host": "h", "user": "u"}}}, r"mail\.imap\.main\.password: must be set"),
        ({"imap": {"main": {**BOX, "auth": "xoauth2"}}}, r"mail\.imap\.main\.oauth: must be set"),
        ({"smtp_out": {"host": "h", "auth": "xoauth2"}}, r"mail\.smtp_out\.oauth: must be set"),
        ({"dkim": {"selector": "s", "domain": "d", "key_file": "/nowhere.pem"}}, r"mail\.dkim\.key_file: there is no"),
        ({"aliases": ["nonsense"]}, "not a mail address"),
        ({"sent": {"mailbox": "main"}}, r"there is no mail\.imap\.main"),
    ],
)
def test_what_does_not_fit_together_is_said(mail: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        config(**mail)


def test_everything_about_proof_and_sending_reaches_the_door(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("x")
    made = config(
        aliases="sales@desk.example, help@desk.example",
        edge=True,
        check_dkim=False,
        arc_sealers="lists.example",
        subject_token=True,
        dkim={"selector": "s1", "domain": "desk.example", "key_file": str(key)},
        imap={"main": BOX},
        sent={"mailbox": "main", "append": True},
        smtp_out={"host": "h", "verp": False, "give_up_hours": 2, "first_retry_seconds": 7},
    )
    assert made.addresses == ("support@desk.example", "sales@desk.example", "help@desk.example")
    assert (made.edge, made.check_dkim, made.arc_sealers, made.subject_token) == (True, False, ("lists.example",), True)
    assert made.dkim is not None
    assert made.dkim.selector == "s1"
    assert made.sent is not None
    assert made.sent.append is True
    assert made.smtp_out is not None
    assert (made.smtp_out.verp, made.smtp_out.give_up_seconds, made.smtp_out.first_retry_seconds) == (False, 7200, 7)
