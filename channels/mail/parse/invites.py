"""A calendar part as the one line a person needs: what, when, where."""

import re

FIELD = re.compile(r"^(SUMMARY|DTSTART|LOCATION)(?:;[^:\n]{0,200})?:(.{1,500})$", re.IGNORECASE | re.MULTILINE)
FOLD = re.compile(r"\n[ \t]")


def describe_invite(text: str) -> str:
    """ "Calendar: Meeting, 20240506T101200Z, Room 1" for an iCalendar text (RFC 5545), "" when it has no summary."""
    fields: dict[str, str] = {}
    # DTSTART stands in time zone rules too; the event's own comes after BEGIN:VEVENT.
    event = FOLD.sub("", text[:100_000].replace("\r", "")).partition("BEGIN:VEVENT")[2]
    for name, value in FIELD.findall(event):
        fields.setdefault(name.upper(), re.sub(r"\\([,;\\])", r"\1", value).replace("\\n", " ").strip())
    wanted = [fields[name] for name in ("SUMMARY", "DTSTART", "LOCATION") if fields.get(name)]
    return f"Calendar: {', '.join(wanted)}" if "SUMMARY" in fields else ""
