"""The Slack door: Slack Connect channels come in, replies go out into the same thread, staff decide in a private room.

config.py                      SlackConfig: every option of this door
channel.py                     SlackChannel: what the conductor holds (run, read, find_sent, send)
staff_room.py                  SlackStaffRoom: cards, whispers, approvers

intake.py                      an event becomes a Raw and is stored before Slack is answered
socket.py, http.py             the two ways events arrive; both end in intake.py
backfill.py                    after every gap: what Slack gave up delivering, read from history

parse.py, clicks.py, places.py pure: stored bytes -> Inbound (messages, edits, deletions; buttons, forms, commands;
                               what happens to channels)
people.py, readable.py         pure: who is staff, who is a guest; Slack's text codes -> what a person reads

send.py, markers.py            find the reply by its marker, else post it
render.py, links.py, split.py  pure: Markdown -> rich_text that cannot ping or disguise a link, in parts
views.py, forms.py, home.py    pure: a Card, a Form, an Overview -> blocks
escape.py, gate.py             pure: safe fallback text; the last check before anything leaves
progress.py, files.py          the sign that a message was noticed; the bytes of files, from Slack's hosts only
budget.py                      how fast we may speak, and until when Slack asked us not to

sign_in.py                     who signs in at the console, by Slack's signed word

api.py, failures.py            one web client without retries; its errors in the conductor's two words
"""

from channels.slack.backfill import Watermarks
from channels.slack.channel import SlackChannel
from channels.slack.config import ChannelMode, ChannelRules, SlackConfig, SocketPace
from channels.slack.sign_in import SignedIn, SlackSignIn
from channels.slack.staff_room import SlackStaffRoom

__all__ = [
    "ChannelMode",
    "ChannelRules",
    "SignedIn",
    "SlackChannel",
    "SlackConfig",
    "SlackSignIn",
    "SlackStaffRoom",
    "SocketPace",
    "Watermarks",
]
