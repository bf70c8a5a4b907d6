"""Bytes to text when the charset is declared, wrong, unknown or missing; never raises, never guesses by statistics."""

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache

# What senders write, and the wider set that real bytes under that name use.
ALIASES = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "utf8mb4": "utf-8",
    "utf": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso_8859-1": "cp1252",
    "ansi": "cp1252",
    "x-ansi": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "gb2312": "gb18030",
    "iso-gb2312": "gb18030",
    "x-gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "cp50220": "iso2022_jp_ext",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-cyrillic": "mac_cyrillic",
    "koi8": "koi8_r",
    "x-cp1251": "cp1251",
    "win-1251": "cp1251",
}
# Python codecs that are no charset of any mail, or take quadratic time.
REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
WESTERN = frozenset({"cp1252", "iso8859-15", "iso8859-9", "cp1254", "mac-roman", "latin-1"})
ESCAPES_OF_JAPANESE = (b"\x1b$B", b"\x1b$@", b"\x1b(J")


@lru_cache(maxsize=256)
def codec_name(declared: str) -> str | None:
    """Python's name for a charset as senders write it, or None when nobody knows it."""
    name = declared.strip(" \t\r\n\"'<>;").lower()
    name = name.removeprefix("charset=").strip("\"' ").split("*")[0]
    name = ALIASES.get(name, ALIASES.get(name.replace("_", "-"), name))
    match = re.fullmatch(r"(?:x-|ms-?)?(?:cp|win|windows|ibm)[-_ ]?(\d{3,5})", name)
    if match:
        name = "cp" + match[1]
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)
    return info.name if is_text and info.name.replace("-", "_") not in REFUSED else None


def decode(data: bytes, declared: str = "", others: Iterable[str] = ()) -> str:
    """Text of `data`: the declared charset, else UTF-8, else the charset of a neighbour, else cp1252."""
    if data.isascii() and b"\x1b" not in data and not _is_stateful(declared):
        return data.decode("ascii")
    name = codec_name(declared) if declared else None
    candidates = [*_before_declared(data, name), name, "utf-8", *map(codec_name, others)]
    for candidate in candidates:
        text = _strict(data, candidate)
        if text is not None:
            return text
    return _best_effort(data, name)


def _is_stateful(declared: str) -> bool:
    """Charsets whose bytes may all be ASCII and still mean something else."""
    return (codec_name(declared) or "") in {"utf-7", "hz", "utf-16", "utf-16-le", "utf-16-be", "utf-32"}


def _before_declared(data: bytes, name: str | None) -> list[str]:
    if data.startswith((b"\xef\xbb\xbf",)):
        return ["utf-8-sig"]
    if any(escape in data for escape in ESCAPES_OF_JAPANESE):
        return ["iso2022_jp_ext"]
    # Valid UTF-8 sequences in a text that calls itself Latin are UTF-8: nobody writes "Ã¼" on purpose.
    return ["utf-8"] if name in WESTERN else []


def _strict(data: bytes, name: str | None) -> str | None:
    if name is None or (name.startswith(("utf-16", "utf-32")) and b"\0" not in data):
        return None
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        return None


def _best_effort(data: bytes, name: str | None) -> str:
    """The reading with the fewest broken characters: damaged declared text, damaged UTF-8, or cp1252."""
    for candidate in (name, "utf-8"):
        if candidate is None or candidate in WESTERN:
            continue
        text = data.decode(candidate, "replace")
        broken = text.count("\ufffd")
        whole = sum(1 for character in text if character > "\x7f") - broken
        if broken * 4 <= whole:
            return text
    return "".join(map(_cp1252_character, data))


def _cp1252_character(byte: int) -> str:
    return CP1252[byte]


CP1252 = [bytes([value]).decode("cp1252", "replace").replace("\ufffd", chr(value)) for value in range(256)]
