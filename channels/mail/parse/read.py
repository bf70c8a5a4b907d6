"""One message from bytes to ParsedMail: caps, structure, people, body, kind, files, proof, in that order."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from channels.mail.parse import bounce as bounces
from channels.mail.parse.addresses import is_sound, read_addresses
from channels.mail.parse.attachments import dangers, read_attachments
from channels.mail.parse.auth import read_auth
from channels.mail.parse.automatic import Signals, is_null_sender, kind_of, looks_like_bounce
from channels.mail.parse.bodies import Bodies, read_bodies
from channels.mail.parse.charsets import decode
from channels.mail.parse.cut import Reading, read_best
from channels.mail.parse.dates import read_date
from channels.mail.parse.forwards import says_forward
from channels.mail.parse.headers import decode_value, message_ids
from channels.mail.parse.message import Bounce, Forwarded, Mailbox, ParsedMail
from channels.mail.parse.structure import Part, Tree, read_tree


def read_mail(
    raw: bytes,
    *,
    envelope: Mapping[str, Any] = {},
    trusted_authserv_ids: Collection[str] = (),
    own_addresses: Collection[str] = (),
) -> ParsedMail:
    """Understand one message. Never raises: what cannot be read ends in `error` and flags, beside what could.

    `envelope["mail_from"]` "" or "<>" is the null sender. `trusted_authserv_ids` name the servers whose
    Authentication-Results are believed ("protection.outlook.com" for Microsoft 365).
    """
    mail = ParsedMail()
    try:
        tree = read_tree(raw)
        mail = _people(tree.root)
        return _content(mail, tree, envelope, trusted_authserv_ids, frozenset(one.lower() for one in own_addresses))
    except Exception as error:  # the rim: a mail that cannot be parsed is still a ticket
        flags = tuple(dict.fromkeys([*mail.flags, "partial"]))
        text = mail.text or decode(raw[:20_000])
        return replace(
            mail, text=text, visible=text, confidence=0.0, flags=flags, error=f"{type(error).__name__}: {error}"
        )


def _people(root: Part) -> ParsedMail:
    """Everything that stands in the header."""
    charset = [root.charset] if root.charset else []
    headers = tuple((one.name, decode_value(one.value, charset)) for one in root.fields)
    senders = [
        box for one in root.fields if one.name == "from" for box in read_addresses(decode(one.value, "", charset))
    ]
    subject = next((value for name, value in headers if name == "subject"), "")
    ids = message_ids(root.text("message-id"))
    return ParsedMail(
        message_id=ids[0] if ids else None,
        in_reply_to=message_ids(root.text("in-reply-to")),
        references=message_ids(root.text("references")),
        from_=senders[0] if senders else None,
        from_count=len(senders),
        reply_to=_boxes(root, "reply-to", charset),
        to=_boxes(root, "to", charset),
        cc=_boxes(root, "cc", charset),
        subject=subject,
        date=read_date(root.text("date")),
        flags=tuple(_sender_flags(root, senders)),
        headers=headers,
    )


def _boxes(root: Part, name: str, charset: Collection[str]) -> tuple[Mailbox, ...]:
    values = (decode(one.value, "", charset) for one in root.fields if one.name == name)
    return tuple(box for value in values for box in read_addresses(value))[:100]


def _sender_flags(root: Part, senders: list[Mailbox]) -> list[str]:
    flags = []
    if len(senders) != 1 or sum(one.name == "from" for one in root.fields) != 1:
        flags.append("several_from" if senders else "no_from")
    elif not is_sound(senders[0].address):
        flags.append("unsound_from")
    return flags


def _content(
    mail: ParsedMail, tree: Tree, envelope: Mapping[str, Any], trusted: Collection[str], own: frozenset[str]
) -> ParsedMail:
    """Body, files, kind and proof."""
    root = tree.root
    bodies = read_bodies(root)
    reading = read_best(bodies, says_forward(mail.subject, bodies.words))
    attachments, too_many = read_attachments(root, bodies)
    signals = _signals(mail, root, envelope, own, reading.cut.visible)
    bounced = looks_like_bounce(signals, reading.text)
    bounce = _bounce(root, mail, reading.text, own) if bounced else None
    kind = kind_of(signals, bounce, bounced)
    forwarded = reading.cut.forwarded or (_attached_mail(root, mail.subject) if kind == "human" else None)
    domain = mail.from_.address.rpartition("@")[2] if mail.from_ else ""
    single = mail.from_count == 1 and not mail.flags
    return replace(
        mail,
        kind=kind,
        text=reading.text,
        visible=reading.cut.visible,
        quoted=reading.cut.quoted,
        signature=reading.cut.signature,
        confidence=reading.cut.confidence,
        forwarded=forwarded,
        attachments=attachments,
        bounce=bounce if kind == "bounce" else None,
        auth=read_auth(mail.headers, trusted, domain, from_is_single=single),
        flags=tuple(
            dict.fromkeys([*mail.flags, *_flags(tree, bodies, reading, too_many), *sorted(dangers(attachments))])
        ),
    )


def _signals(mail: ParsedMail, root: Part, envelope: Mapping[str, Any], own: frozenset[str], written: str) -> Signals:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in mail.headers:
        headers[name] = (*headers.get(name, ()), value)
    return_path = headers.get("return-path", (None,))[0]
    return Signals(headers, root, mail.from_, mail.subject, is_null_sender(envelope, return_path), own, written)


def _bounce(root: Part, mail: ParsedMail, text: str, own: frozenset[str]) -> Bounce | None:
    failed = " ".join(mail.header("x-failed-recipients"))
    ours = {box.address for box in (*mail.to, *mail.cc)} | own | ({mail.from_.address} if mail.from_ else set())
    return bounces.read_bounce(root, text, failed, ours)


def _attached_mail(root: Part, subject: str) -> Forwarded | None:
    """The original of a mail forwarded as an attachment."""
    attached = [part for part in root.walk() if part.content_type == "message/rfc822" and part.children]
    if len(attached) != 1 or says_forward(subject) is False:
        return None
    inner = attached[0].children[0]
    head = _people(inner)
    date = head.date.isoformat() if head.date else inner.text("date")
    return Forwarded(head.from_, head.subject, date, head.to, head.cc, read_best(read_bodies(inner), None).text)


def _flags(tree: Tree, bodies: Bodies, reading: Reading, too_many: bool) -> list[str]:
    types = {part.content_type for part in tree.root.walk()}
    page = bodies.page
    rules = (
        ("partial", bool(tree.caps) or too_many or bool(page and page.capped)),
        ("hidden_text", bool(page and page.hidden.strip())),
        ("text_html_differ", reading.differs),
        ("encrypted", bool(types & {"multipart/encrypted", "application/pgp-encrypted"}) or _is_enveloped(tree.root)),
        ("encrypted", "-----BEGIN PGP MESSAGE-----" in reading.text),
        (
            "signed",
            bool(types & {"multipart/signed", "application/pgp-signature"}) or "-----BEGIN PGP SIGNED" in reading.text,
        ),
        ("smime", any("pkcs7" in one for one in types)),
        ("tnef", bool(types & {"application/ms-tnef", "application/vnd.ms-tnef"})),
        ("calendar", "text/calendar" in types),
    )
    return [flag for flag, holds in rules if holds]


def _is_enveloped(root: Part) -> bool:
    """S/MIME that is encrypted and not only signed."""
    return any(
        "pkcs7-mime" in part.content_type and "signed" not in part.params.get("smime-type", "").lower()
        for part in root.walk()
    )
