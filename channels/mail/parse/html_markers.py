"""What mail clients leave in HTML to say "this is old", "this is my signature": one table of rules."""

import re
from collections.abc import Mapping

QUOTE = "quote"  # the element is a quotation
ATTRIBUTION = "attribution"  # the element is the "On … wrote:" above one
SPLIT = "split"  # from the start of the element to the end of the mail everything is old
SPLIT_AFTER = "split_after"  # the same, from the end of the element
SIGNATURE = "signature"  # the element is a signature
WEAK = "weak"  # a blockquote nobody claims: a quotation only below an attribution
BARE = "bare"  # the same without any style, so that it is no indentation: a quotation at the end of the mail, too

# (attribute, what its value looks like, what it means). Prefixes such as x_ are added by Outlook on the web.
RULES = (
    ("class", r"(?:x_)*gmail_attr", ATTRIBUTION),
    ("class", r"(?:x_)*gmail_(?:quote|extra)(?:_container)?", "gmail"),
    ("class", r"(?:x_)*moz-cite-prefix", ATTRIBUTION),
    ("class", r"(?:x_)*moz-email-headers-table", QUOTE),
    ("class", r"(?:x_)*(?:protonmail|tutanota|airmail|sh)_?-?quote(?:d)?", QUOTE),
    ("class", r"(?:x_)*(?:yahoo_quoted|yahoo-quoted-begin|ydp\w*yahoo_quoted|yqt\d+)", QUOTE),
    (
        "class",
        r"(?:x_)*(?:zmail_extra(?:_hr)?|gl_quote|quotelevel\d|freebirdQuote|skype_quote|mail_quote|mailspring-quote)",
        QUOTE,
    ),
    (
        "class",
        r"(?:x_)*(?:front-blockquote|cs-mail-quote|mb-quote|tmail-quote|hs_reply|reply-quote|email_quote|quote-pocket)",
        QUOTE,
    ),
    (
        "class",
        r"(?:x_)*(?:hmmessage_quote|ecxgmail_quote|ecxyahoo_quoted|wikiquote|qqmail_quote|ntes_quote|ox-quote)",
        QUOTE,
    ),
    (
        "class",
        r"(?:x_)*(?:hootsuite-quote|frontapp-quote|helpscout-quote|crisp-quote|intercom-quote|gorgias-quote)",
        QUOTE,
    ),
    ("class", r"(?:x_)*OutlookMessageHeader", SPLIT),
    ("class", r"(?:x_)*(?:newton|spark|polymail|edison|superhuman|hey|canary)[-_]?(?:quote\w*|replyquote)", QUOTE),
    ("name", r"(?:messageReplySection|quote|messageBodySection_quote)", QUOTE),
    ("name", r"messageSignatureSection", SIGNATURE),
    (
        "id",
        r"(?:x_)*(?:divRplyFwdMsg|ms-outlook-mobile-body-separator-line|replyBlockquote|replysplit"
        r"|mail-editor-reference-message-container)",
        SPLIT,
    ),
    (
        "id",
        r"(?:x_)*(?:OLK_SRC_BODY_SECTION|stopSpelling|isForwardContent|isReplyContent|reply-intro|ymail_android_quote)",
        SPLIT,
    ),
    ("id", r"(?:x_)*(?:appendonsend|ms-outlook-mobile-body-separator-line)", SPLIT_AFTER),
    (
        "id",
        r"(?:x_)*(?:zmail_extra|mailcontentquote|origbody|quoted_text|tmjah_g_1299|orgmsg|jfk-quote|yahoo_quoted_\d+)",
        QUOTE,
    ),
    (
        "id",
        r"(?:x_)*(?:reply139content|isReplyContent|ntes-pcmac-quote|spnEditorQuote|mainTableQuote"
        r"|divNeteaseMailCard_quote)",
        QUOTE,
    ),
    (
        "class",
        r"(?:x_)*(?:gmail_signature|moz-signature|protonmail_signature_block(?:-\w+)?|apple-signature"
        r"|tutanota-signature)",
        SIGNATURE,
    ),
    (
        "class",
        r"(?:x_)*(?:zmail_signature|mailspring-signature|front-signature|airmail_ext_sign|hs_signature"
        r"|email-signature|mb-signature)",
        SIGNATURE,
    ),
    (
        "id",
        r"(?:x_)*(?:Signature|ms-outlook-mobile-signature|AppleMailSignature|mobile-?signature"
        r"|mailbox_signature|yandex-signature)",
        SIGNATURE,
    ),
    (
        "id",
        r"(?:x_)*(?:Zm-_Id_-Sgn1?|ymail_android_signature|bloop_sign_\d+|composer_signature|signature_old"
        r"|lineBreakAtBeginningOfSignature)",
        SIGNATURE,
    ),
    ("data-smartmail", r"gmail_signature", SIGNATURE),
    ("data-marker", r"__(?:QUOTED_TEXT|SIG_(?:PRE|POST))__", QUOTE),
)
COMPILED = tuple((attribute, re.compile(pattern, re.IGNORECASE), effect) for attribute, pattern, effect in RULES)
# Outlook for Windows and Windows Mail draw one line above the printed headers, in points or in pixels and in any grey.
BORDER_TOP = re.compile(
    r"border(?:-top)?\s*:\s*(?:none\s*;\s*border-top\s*:\s*)?(?:solid\s+(?:#[0-9a-f]{3,6}|\w+)\s+1(?:\.0)?p[tx]"
    r"|1(?:\.0)?p[tx]\s+solid\s+#?\w+"
    r"|#[0-9a-f]{6}\s+1(?:\.0)?p[tx]\s+solid)|border-top-style\s*:\s*solid",
    re.IGNORECASE,
)
CITE_BORDER = re.compile(r"border-left\s*:\s*[^;]*(?:solid|\d)", re.IGNORECASE)


def effect_of(tag: str, attributes: Mapping[str, str]) -> str:
    """What an element means by its tag and attributes, "" for nothing special."""
    if tag == "signature":  # Mailspring's own element
        return SIGNATURE
    if not attributes:
        return BARE if tag == "blockquote" else ""
    for attribute, pattern, effect in COMPILED:
        value = attributes.get(attribute)
        if value and any(pattern.fullmatch(word) for word in value.split()[:12]):
            return _gmail(tag) if effect == "gmail" else effect
    if tag == "blockquote":
        cited = (
            attributes.get("type", "").lower() == "cite"
            or attributes.get("cite")
            or "gmail" in attributes.get("class", "")
        )
        return QUOTE if cited or CITE_BORDER.search(attributes.get("style", "")) else WEAK
    return ""


def _gmail(tag: str) -> str:
    """Gmail's div.gmail_quote may hold new text between its blockquotes; only the blockquotes are old for sure."""
    return QUOTE if tag == "blockquote" else "gmail"


def is_border_separator(tag: str, style: str) -> bool:
    """True for the block Outlook draws a top line on; whether headers follow is for the reader of the lines to see."""
    return tag == "div" and bool(style) and bool(BORDER_TOP.search(style)) and "border-bottom" not in style.lower()
