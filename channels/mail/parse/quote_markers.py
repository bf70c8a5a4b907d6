"""The lines that separate what is new from what is old: "On … wrote:", "-----Original Message-----" and their kin."""

import re
from collections.abc import Sequence

from channels.mail.parse.lines import folded
from channels.mail.parse.quote_words import FORWARD_STEMS, FORWARDED_TITLES, HIDDEN_QUOTES, ORIGINAL_TITLES, WROTE

MAX_ATTRIBUTION_LINES = 6
MAX_ATTRIBUTION_CHARS = 480
MAX_ATTEMPTS = 3

_WROTE = "|".join(
    re.escape(word) for word in sorted({" ".join(w.split()) for w in WROTE.split(";")} - {""}, key=len, reverse=True)
)
WROTE_THEN_COLON = re.compile(
    rf"(?:^|[\s,>)\]\"'»”.\d年日月]|(?<=[^\x00-\u02ff]))(?:{_WROTE})[\s.]*[:：]+[\s\\*_|-]*$", re.IGNORECASE
)
ONLY_WROTE = re.compile(rf"^\s{{0,8}}(?:<[^<>\s]+>,?\s{{0,3}})?(?:{_WROTE})\s?[:：]\s*$", re.IGNORECASE)
WROTE_AT_END = re.compile(rf"(?:^|[\s,>)\]\"'»”])(?:{_WROTE})[\s.:]*$", re.IGNORECASE)
WROTE_INSIDE = re.compile(rf"(?:^|[\s,>)\]\"'»”])(?:{_WROTE})\b.*[\d)\]>.hmMчг日分]\s*[:：]$", re.IGNORECASE)

# The telling word of each phrase: a line without any of them says nobody wrote anything and costs no regex.
_TELLING = {max(re.findall(r"[^\W\d_]+", phrase), key=len).lower() for phrase in WROTE.split(";") if phrase.strip()}
_SPACED_WORDS = frozenset(word for word in _TELLING if len(word) > 2)
_GLUED_WORDS = tuple(word for word in _TELLING if word[0] > "\u0900")
LETTERS = re.compile(r"[^\W\d_]+")

# How an attribution begins.
OPENER = re.compile(
    r"""^(?:(?:on|am|le|el|il|em|op|på|den|dne|dňa|w\sdniu|dnia|in|der|die|als|a|at|az|u|dana|v|ve|pe
    |în\sdata(?:\sde)?|la
    | στις|την|в|во|у|на|дня|vào|lúc|ngày|pada|tanggal|tarihinde|tarihi|בתאריך|ביום|في|يوم|بتاريخ|در|เมื่อ|ใน|kuupäeval
    | il\sgiorno|em\squa|no\sdia|dia|el\sd[ií]a|le\sjour|ti|ke|to|su|ma|op\sma|quoting|citando|zitat\svon
    |message\sfrom|þann
    | (?:mon|tues|wednes|thurs|fri|satur|sun)day)(?=\W|$)
    | 在|于|於|ב-|-+\s*on\b|\[?\d|[^\W\d_]{2,4}\.?,?\s\d)""",
    re.IGNORECASE | re.VERBOSE,
)
DATE = re.compile(
    r"""\d{1,4}[./-]\d{1,2}[./-]\d{1,4} | \b(?:19|20)\d\d\b | \d[年월月] | \d{1,2}\.\s?\d{1,2}\. | \b25\d\d\b
    | \d{1,2}(?:st|nd|rd|th)?[\s.]+(?:de\s)?[^\W\d_]{3,} | [^\W\d_]{3,}\.?\s+\d{1,2}\b | ['’]\d\d\b""",
    re.VERBOSE,
)
CLOCK = re.compile(r"\b\d{1,2}\s?[:.h時시點点]\s?\d{2}|\b\d{1,2}\s?[ap]\.?m\b|\d{1,2}時|\d{1,2}시", re.IGNORECASE)
ADDRESS = re.compile(r"[^\s<>@]@[^\s<>@]|<[^<>\s]+>|\[mailto:", re.IGNORECASE)
ATTRIBUTION_AND_MORE = re.compile(r"(.{10,250}?@[^\s:]*[>)\]]\s*,?\s*[^\d:：]{0,20}[:：])\s*\S")
DATE_THEN_ADDRESS = re.compile(r"^\d{4}[/.-]\d{1,2}[/.-]\d{1,2}\s[^<>]{0,80}<[^<>\s]+@[^<>\s]+>$")
SHARED_LINE = re.compile(
    r"^(.*\S)\s+(On\s(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s|\d"
    r"|[A-Z][a-z]{2,8}\s\d).{6,250}wrote:)$"
)
QUOTING = re.compile(
    r"(?:quoting|citando|citation de|zitat von|citat fra|cytowanie|cit[aá]t|quote de"
    r"|citaat van|цитирование|alıntı)\b",
    re.IGNORECASE,
)
SPOKEN_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
SPLIT_BRACKET = re.compile(r"([<(\[])\s+(?=\S*@)")
BRACKETED_ADDRESS = re.compile(r"[<(\[]\S*@[^<>\s]+[>)\]]")
# "2 Nov 2021, 09:26 by ann@x.example:" of Tuta
ENDS_IN_ADDRESS = re.compile(r"\s(?:by|von|par|por|da|door|av|af|przez|от|від)\s\S{1,64}@[\w.-]{3,255}\s?[:：]$")
DATED_ADDRESS = re.compile(
    r"^[\[(]?\d.{6,}[>\])]\s*[:：]$|^\d{4}年.{4,}[>）)」]\s*[:：]?$|^\d{4}[./년-].{6,}[>)]\s*[:：]$"
)
# ">>> Ann Lee <ann@x.example> 5/3/2024 10:00 AM >>>" of GroupWise, which quotes nothing line by line.
GROUPWISE = re.compile(r"^>>>\s[^>].{2,160}\d{1,2}[:.]\d{2}.{0,12}>>>$")
# A sentence a person wrote about somebody's writing, not a client's line above a quotation.
PERSONAL = re.compile(
    r"\b(?:I|you|your|colleague|support|team|Ihr|Ihre|Sie|Kolleg\w+|collègue|collega|colega|he|she|they|we|my"
    r"|our|it|ich|ihr|wir|mir|mich|uns|j'ai|je vous|vous|nous|tu|yo|usted"
    r"|ustedes|me|nos|eu|você|"
    r"ik|jij|jullie|mij|jeg|jag|я|мы|вы|мне|нам|ты)\b"
)

# fmt: off
LINE_WORDS = (
    "line", "linie", "zeile", "ligne", "línea", "linea", "linha", "riga", "regel", "lijn", "linje", "raden", "lini",
    "wiersz", "строк", "лини", "rivin", "行", "線", "satır", "řád", "message", "email",
)
# fmt: on


def _titles(table: str) -> frozenset[str]:
    return frozenset(folded(title) for title in table.split(";")) - {""}


ORIGINAL = _titles(ORIGINAL_TITLES)
FORWARDED = _titles(FORWARDED_TITLES)
EDGES = " \t\u00a0-‐‑–—―_=*#~>|.•:：«»\"'“”\u200e\u200f"
RULED = re.compile(r"^[\s>*|]*+[-‐‑–—_=*#~]{2,}.*?[-‐‑–—_=*#~]{2,}[\s*|:：]*$|^[\s>*|]*+[-‐‑–—_=*#~]{4,}")
RULE_STARTS = frozenset({"--", "‐‐", "==", "__", "––", "——", "~~"})
OWN_SEPARATOR = re.compile(r"^[\s>|*]*-{5}\[ [0-9a-f]{16} \]-{5}[\s*]*$")
HORIZONTAL_RULE = re.compile(r"^[\s>|]*+[*]?[_\-–—=]{4,}+[*]?\s*$")
# Beginnings of words for passing on: between dashes, with headers below, they need no title of the table.
FORWARD_STEM = re.compile("|".join(stem.strip() for stem in FORWARD_STEMS.split(";")), re.IGNORECASE)
# A person who says what stands below, and not a program.
ASKING = re.compile(
    r"^(?:please|pls|see|here|i|my|this|we|the|fyi|bitte|siehe|hier|ich|anbei|voir|voici|je|ci|veuillez|mira|aquí"
    r"|ver|vea|ecco|vedi|zie|hierbij|se|her|zobacz|см|вот|я)\b",
    re.IGNORECASE,
)
PROCESSED_BY = re.compile(
    r"^[\s>]{0,20}Original\s?(?:message processed by|nachricht verarbeitet von)\sdavid\b", re.IGNORECASE
)
FORWARDED_BY = re.compile(
    r"^[\s>]*-{3,}\s*(?:forwarded by|weitergeleitet von|transféré par|reenviado por|inoltrato da|encaminhado por)\b",
    re.IGNORECASE,
)
REPLY_ABOVE = re.compile(
    r"""[-=#*_~]{2,}.{0,40}(?:above|below|over)\sthis\sline | (?:above|below|over)\sthis\sline.{0,40}[-=#*_~]{2,}
    | \b(?:repl|respon|answer|comment|typ|writ|enter|delet|remov|edit|chang)\w{0,5}\b.{0,60}
    (?:above|below|over)\sthis\sline
    | (?:please\s)?(?:type|write|enter|add)\s(?:your\s)?(?:reply|response
    |answer)\s(?:above|over)\sthis\sline
    | (?:please\s)?(?:reply|respond|answer|write|replies?)\s(?:above|over)\s(?:this|the)\s(?:line|message|email)
    | (?:do\snot|don['’]?t)\s(?:write|type|edit|reply)\sbelow\sthis\sline
    | (?:bitte\s)?(?:schreiben|geben|antworten)\s[^.]{0,40}(?:über|oberhalb)\sdieser\s(?:linie|zeile)
    | antwort[^.]{0,30}(?:über|oberhalb)\sdieser\s(?:linie|zeile)
    | (?:veuillez\s)?(?:saisir|écrire|répondre|répondez|entrez|tapez|ajoutez)[^.]{0,50}(?:au-dessus|au\sdessus
    |avant)\sde\scette\sligne
    | (?:escrib[ae]|respond[ae]|introduzca|agregue|redacte)[^.]{0,50}(?:por\sencima|encima|arriba)\sde\sesta\sl[ií]nea
    | (?:scriv[ie]|digit[ai]|rispond[ie]|inserisci)[^.]{0,50}(?:sopra|al\sdi\ssopra)[^.]{0,12}(?:questa\s(?:riga
    |linea))
    | (?:digite|escreva|responda|insira)[^.]{0,50}acima\sd(?:esta|essa|a)\slinha
    | (?:typ|schrijf|beantwoord|plaats|reageer)[^.]{0,50}boven\sdeze\s(?:regel|lijn)
    | (?:skriv|svar|svara|ange)[^.]{0,50}(?:over|ovanför|oven\sfor|ovenfor)\s(?:denne|den\s(?:här|her))\s(?:linjen?
    |raden)
    | (?:wpisz|napisz|odpowiedz|prosimy)[^.]{0,60}(?:nad|powyżej)\s(?:tą|tej)\s(?:lini[ąi]|wiersza)
    | (?:пишите|напишите|введите|ответ)[^.]{0,60}(?:над|выше)\sэтой\s(?:строк|лини)
    | kirjoita[^.]{0,40}tämän\srivin\syläpuolelle | 请在此(?:行|线)(?:上方|以上)(?:回复|输入) | この(?:行
    |線)より上に | bu\ssatırın\süst[üu]ne
    | (?:odpověď|odpovězte|napište)[^.]{0,50}nad\st(?:ento|uto|ímto)\sřád
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_own_separator(line: str) -> bool:
    """True for the line our own replies carry above what they quote: whatever the client did, old text begins there."""
    return 20 < len(line) < 60 and bool(OWN_SEPARATOR.match(line))


def title_of(line: str) -> str:
    """A delimiter line without its dashes, in lower case: "original message"."""
    return folded(line.strip(EDGES))


def is_original_delimiter(line: str) -> bool:
    """True for "-----Original Message-----" in any language and of any length."""
    if PROCESSED_BY.match(line):
        return True
    return 4 < len(line) < 120 and title_of(line) in ORIGINAL and bool(RULED.match(line))


def is_forward_delimiter(line: str) -> bool:
    """True for "---------- Forwarded message ---------", "Begin forwarded message:" and kin; headers must follow."""
    if not 4 < len(line) < 160:
        return False
    if title_of(line) in FORWARDED or FORWARDED_BY.match(line):
        return True
    title = line.strip(" \t>*|\u00a0")
    ruled = title[:2] in RULE_STARTS and title[-2:] in RULE_STARTS
    announced = title.endswith((":", "：")) and len(title.split()) < 6 and not ASKING.match(title)
    return (ruled or announced) and bool(FORWARD_STEM.search(title))


def is_hidden_quote(line: str) -> bool:
    """True for the placeholder a web client leaves where it folded the old text away."""
    title = line.strip(" \t[]").lower()
    return 8 < len(title) < 60 and title in HIDDEN_QUOTES


def is_ruled_title(line: str) -> bool:
    """True for words between dashes, whatever they say: a delimiter if printed headers stand below."""
    return 4 < len(line) < 120 and bool(RULED.match(line)) and bool(title_of(line))


def asks_to_reply_above(line: str) -> bool:
    """True for "##- Please type your reply above this line -##" and what other desks write there."""
    if not 8 < len(line) < 240:
        return False
    lower = line.lower()
    return any(word in lower for word in LINE_WORDS) and bool(REPLY_ABOVE.search(line))


def attribution_span(lines: Sequence[str], start: int, quotes: Sequence[bool]) -> int:
    """How many lines from `start` are one "On … wrote:", 0 for none. `quotes` says which lines are quotation."""
    pieces: list[str] = []
    size = attempts = gaps = 0
    for index in range(start, min(start + MAX_ATTRIBUTION_LINES, len(lines))):
        piece = lines[index].strip(" \t\u00a0>*_|" if pieces else " \t\u00a0*_|")
        size += len(piece) + 1
        if not piece and pieces and index + 1 < len(lines) and _goes_on(pieces[0], lines[index + 1]):
            gaps += 1
            continue
        if not piece or size > MAX_ATTRIBUTION_CHARS:
            return 0
        pieces.append(piece)
        quote_follows = _quote_after(lines, index + 1, quotes)
        if not (quote_follows or piece[-1] in ":：->" or _lacks_colon(piece)) or not _may_begin(pieces):
            continue
        if is_attribution(" ".join(pieces), quote_follows):
            return 0 if _begins_later(pieces, quote_follows) else len(pieces) + gaps
        attempts += 1
        if attempts == MAX_ATTEMPTS:
            return 0
    return 0


def _begins_later(pieces: Sequence[str], quote_follows: bool) -> bool:
    """True when the first line is a sentence ("Il est fermé") right above an attribution that is whole without it."""
    if len(pieces) < 2 or DATE.search(pieces[0]) or ADDRESS.search(pieces[0]):
        return False
    below = " ".join(pieces[1:])
    return bool(OPENER.match(pieces[1]) and DATE.search(below)) and is_attribution(below, quote_follows)


def _goes_on(first: str, line: str) -> bool:
    """True when `line`, below a blank one, still belongs to the attribution that `first` opens."""
    opened = line.startswith("<") and bool(OPENER.match(first) and DATE.search(first))
    return opened or bool(ONLY_WROTE.match(line))


def _lacks_colon(piece: str) -> bool:
    """True for the end of an attribution whose colon an HTML converter dropped: "… <ann@x.example> wrote"."""
    tail = piece[-30:]
    if ">" not in tail or _SPACED_WORDS.isdisjoint(LETTERS.findall(tail.lower())):
        return False
    return bool(WROTE_AT_END.search(tail))


def _may_begin(pieces: Sequence[str]) -> bool:
    """Cheap proof that the first line opens an attribution; a name may stand alone above its "<address>"."""
    first = pieces[0]
    if first.startswith("--") or (len(pieces) > 1 and pieces[1].startswith("<")):
        return True
    return bool(ADDRESS.search(first) or OPENER.match(first) or DATE.search(first) or first.endswith((":", "：")))


def _quote_after(lines: Sequence[str], index: int, quotes: Sequence[bool]) -> bool:
    """True when the next filled line, at most two blank ones away, is quotation."""
    return next(
        (quotes[at] for at in range(index, min(index + 3, len(lines), len(quotes))) if lines[at].strip()), False
    )


def is_attribution(text: str, quote_follows: bool = False) -> bool:
    """True for one unwrapped attribution line. With a quotation below it, less proof is needed."""
    if text.startswith(">>>"):
        return bool(GROUPWISE.match(text))
    ruled = text.startswith("--") and text.endswith("--")
    text = SPLIT_BRACKET.sub(r"\1", text.strip("*_- \t‐‑‒–—"))
    ends = ruled or text.endswith((":", "："))
    if ends and _is_stamped(text):
        return quote_follows or not _is_told(text)
    if ends and QUOTING.match(text) and ADDRESS.search(text):
        return True
    if quote_follows and not ends and DATE_THEN_ADDRESS.match(text):
        return True
    if not _says_wrote(text):
        return False
    if not ends:
        sure = quote_follows or _is_unmistakable(text)
        return sure and len(text) < 250 and bool(WROTE_AT_END.search(text[-80:])) and _has_proof(text)
    if ruled and WROTE_AT_END.search(text[-80:]):
        return True
    if WROTE_THEN_COLON.search(text[-80:]):
        return _is_client_line(text, quote_follows)
    if WROTE_INSIDE.search(text):
        return _has_proof(text) and (quote_follows or not _is_told(text))
    # "Am 6. Mai 2024 schrieb Ann Lee:" has its name last.
    return len(text) < 160 and bool(OPENER.match(text)) and _is_client_line(text, quote_follows)


def _is_told(text: str) -> bool:
    """True when a person tells about writing. Words inside addresses ("support@…") say nothing."""
    return bool(PERSONAL.search(SPOKEN_ADDRESS.sub("", text.split("<")[0])))


def _is_unmistakable(text: str) -> bool:
    """Opening word, day, time and bracketed address: nobody writes all of them into a sentence."""
    if not (OPENER.match(text) and DATE.search(text) and CLOCK.search(text) and BRACKETED_ADDRESS.search(text)):
        return False
    return not _is_told(text)


def split_shared_line(text: str) -> tuple[str, str] | None:
    """The new text and the attribution of a line that holds both ("Sure. On Mon, … wrote:"), None for other lines."""
    if not text.endswith("wrote:") or len(text) > MAX_ATTRIBUTION_CHARS:
        return None
    match = SHARED_LINE.match(text)
    if not (match and LETTERS.search(match[1]) and _has_proof(match[2])):
        return None
    return (match[1].rstrip("-–— ") if match[1].endswith("--") else match[1]), match[2]


def opens_with_attribution(text: str) -> bool:
    """True for an attribution with the old text on the same line, as some phones and HTML converters print it."""
    if "@" not in text[:250] or ":" not in text:
        return False
    match = ATTRIBUTION_AND_MORE.match(text[:400])
    return match is not None and is_attribution(match[1])


def _is_stamped(text: str) -> bool:
    """Day, time and an address or "wrote" on a line that ends in a colon: in any language a client's line."""
    if len(text) > 300 or not (DATE.search(text) and CLOCK.search(text)):
        return bool(DATED_ADDRESS.match(text) and ADDRESS.search(text))
    return bool(BRACKETED_ADDRESS.search(text) or ENDS_IN_ADDRESS.search(text)) or _says_wrote(text)


def _says_wrote(text: str) -> bool:
    lower = text.lower()
    return not _SPACED_WORDS.isdisjoint(LETTERS.findall(lower)) or any(word in lower for word in _GLUED_WORDS)


def _has_proof(text: str) -> bool:
    return bool(ADDRESS.search(text) or DATE.search(text))


def _is_client_line(text: str, quote_follows: bool) -> bool:
    """Tell "On 3 May 2024 at 10:00, Ann Lee wrote:" from "On 3 May your colleague wrote:"."""
    if quote_follows:
        return _has_proof(text) or len(text) < 90
    if ADDRESS.search(text):
        return bool(OPENER.match(text) or DATE.search(text) or len(text) < 160)
    if not (DATE.search(text) and len(text) < 250) or PERSONAL.search(text):
        return False
    return bool(CLOCK.search(text) or (OPENER.match(text) and re.search(r"\d{4}|\d[./]\d", text)))
