"""After a doubt the relay's own log says whether it took the mail, so that nothing is sent twice without need."""

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.base import TemporaryChannelError
from channels.mail.config import RelayLogConfig
from channels.mail.relay_log import RelayLogError, accepted_in, relay_took
from channels.mail.send import MailChannel
from tests.channels.mail_doors.test_mail_channel_out import CONFIG, ID, REPLY

TAKEN = f"""\
Nov 20 18:12:20 mx postfix/smtpd[11]: 4XqHab1: client=desk[127.0.0.1]
Nov 20 18:12:20 mx postfix/cleanup[12]: 4XqHab1: message-id=<{ID}>
Nov 20 18:12:20 mx postfix/qmgr[13]: 4XqHab1: from=<bounce+x@desk.example>, size=1234, nrcpt=1 (queue active)
"""
CUT_SHORT = f"""\
Nov 20 18:12:20 mx postfix/cleanup[12]: 4XqHab1: message-id=<{ID}>
Nov 20 18:12:21 mx postfix/smtpd[11]: lost connection after DATA (234 bytes) from desk[127.0.0.1]
Nov 20 18:12:22 mx postfix/qmgr[13]: 4XqHab2: from=<other@desk.example>, size=99, nrcpt=1 (queue active)
"""
EXIM = f"2026-11-20 18:12:20 1tDabc-0001 <= bounce+x@desk.example H=localhost [127.0.0.1] P=esmtp S=812 id={ID}\n"
SENDMAIL = f"Nov 20 18:12:20 mx sendmail[7]: 4AKIabc: from=<b@desk.example>, size=812, msgid=<{ID}>, relay=l\n"


@pytest.mark.parametrize(
    ("log", "took"),
    [(TAKEN, True), (CUT_SHORT, False), (EXIM, True), (SENDMAIL, True), ("", False), (TAKEN.replace(ID, "x@y"), False)],
    ids=["postfix", "postfix, cut short", "exim", "sendmail", "nothing", "another mail"],
)
def test_only_a_mail_that_was_queued_counts_as_taken(log, took):
    assert accepted_in(log.splitlines(), ID) is took


def test_the_log_rotated_a_moment_ago_is_read_too(tmp_path):
    (tmp_path / "mail.log").write_text("Nov 20 18:13:00 mx postfix/qmgr[13]: nothing\n")
    (tmp_path / "mail.log.1").write_text(TAKEN)

    assert relay_took(RelayLogConfig(str(tmp_path / "mail.log")), ID)


def test_a_command_prints_the_log_of_one_mail(tmp_path):
    log = tmp_path / "log"
    log.write_text(EXIM)

    assert relay_took(RelayLogConfig(command=("grep", "{message_id}", str(log))), ID)
    assert not relay_took(RelayLogConfig(command=("grep", "{message_id}", str(log))), "other@x.example")


@pytest.mark.parametrize(
    "config",
    [
        RelayLogConfig("/nowhere/mail.log"),
        RelayLogConfig(command=("/nowhere/logs",)),
        RelayLogConfig(command=("sh", "-c", "echo denied >&2; exit 3")),
    ],
)
def test_a_log_that_cannot_be_read_is_said_and_is_no_answer(config):
    with pytest.raises(RelayLogError, match=r"mail\.relay_log\.(file|command)"):
        relay_took(config, ID)


def channel_with(log, now) -> MailChannel:
    config = replace(CONFIG, sent=None, relay_log=RelayLogConfig(str(log)), doubt_seconds=10.0)
    return MailChannel(config, now=lambda: now)


async def test_a_mail_the_relay_took_is_found_and_not_sent_again(tmp_path):
    (tmp_path / "log").write_text(TAKEN)
    channel = channel_with(tmp_path / "log", REPLY.created_at + timedelta(seconds=1))

    assert await channel.find_sent(replace(REPLY, first_tried_at=REPLY.created_at)) == ID
    assert channel.knows_sent


async def test_a_log_that_may_lag_is_waited_for_before_anything_is_sent_again(tmp_path):
    (tmp_path / "log").write_text("")
    at = REPLY.created_at
    channel = channel_with(tmp_path / "log", at + timedelta(seconds=1))

    with pytest.raises(TemporaryChannelError) as later:
        await channel.find_sent(replace(REPLY, first_tried_at=at))
    assert later.value.in_doubt

    channel = channel_with(tmp_path / "log", at + timedelta(seconds=60))
    channel._started = at
    assert await channel.find_sent(replace(REPLY, first_tried_at=at)) is None
