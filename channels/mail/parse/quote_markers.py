"""The lines that separate what is new from what is old: "On … wrote:", "-----Original Message-----" and their kin."""

import re
from collections.abc import Sequence

from channels.mail.parse.lines import folded

MAX_ATTRIBUTION_LINES = 6
MAX_ATTRIBUTION_CHARS = 480
MAX_ATTEMPTS = 3

# How an attribution says "wrote", by language; the word stands right before the colon or before the date.
WROTE = """
    wrote; writes; said; has written; wrote the following; wrote as follows; wrote on; skrev; schrieb; schrieb am;
    schreibt;
    schrieb folgendes; geschrieben; hat geschrieben; a écrit; a ecrit; écrit; ecrivait; écrivait; avez écrit;
    escribió;
    escribio; escribió lo siguiente; escribe; ha escrito; ha scritto; scrisse; scrive; escreveu; escreve;
    escreveu o seguinte;
    escribiu; va escriure; ha escrit; schreef; schreef het volgende; heeft geschreven; geschreven; skrev følgende;
    skrev følgende den; följande; kirjoitti; kirjoittanut; kirjoitti näin; napisał; napisała; napisał(a); napisał/a;
    napisal;
    napisala; napisal(a); pisze; napsal; napsala; napsal(a); napsal/a; píše; napísal; napísala; napísal(a);
    je napisao; je napisala;
    je napisao/la; je napisal; je napisala; je napisal/-a; je pisal; napisao; je napisao/napisala; написал;
    написала; написал(а);
    писал; писала; пишет; пишете; вы писали; написав; написала; написав(-ла); пише; написа; је написао; напиша;
    írta; ezt írta; a következőt írta;
    ezt irta; yazdı; şunu yazdı; şunları yazdı; şöyle yazdı; yazmış; tarihinde şunu yazdı; έγραψε; έγραψεν;
    έγραψε τα εξής;
    כתב; כתבה; כתב/ה; ‏כתב; נכתב על ידי; كتب; كتبت; كتب/كتبت; نوشت; نوشته; เขียนว่า; เขียน; ได้เขียน; đã viết; viết;
    đã ghi; menulis; menulis berikut;
    telah menulis; tulis; 写道; 寫道; 写到; 的邮件; 書きました; 書かれました; のメール; のメッセージ;
    さんは書きました; さんが書きました; 님이 작성; 님 작성; 작성; 님이 쓴 글; 씀;
    a scris; a scris următoarele; kirjutas; rakstīja; rašė; parašė; skrifaði; ha scrit; idatzi du; scríobh;
    ysgrifennodd; ka shkruar; shkroi; дописав;
    लिखा; ने लिखा; எழுதியது; লিখেছেন; napisali; je napsal; sumulat; nagsulat; aliandika; написано; escriviu;
    schriebst; 작성함; 写下; 写了
"""
_WROTE = "|".join(
    re.escape(word) for word in sorted({" ".join(w.split()) for w in WROTE.split(";")} - {""}, key=len, reverse=True)
)
WROTE_THEN_COLON = re.compile(
    rf"(?:^|[\s,>)\]\"'»”.\d年日月]|(?<=[^\x00-\u02ff]))(?:{_WROTE})[\s.]*[:：]+[\s\\*_|-]*$", re.IGNORECASE
)
WROTE_AT_END = re.compile(rf"(?:^|[\s,>)\]\"'»”])(?:{_WROTE})[\s.:]*$", re.IGNORECASE)
WROTE_INSIDE = re.compile(rf"(?:^|[\s,>)\]\"'»”])(?:{_WROTE})\b.*[\d)\]>.hmMчг日分]\s*[:：]$", re.IGNORECASE)

# The telling word of each phrase: a line without any of them says nobody wrote anything, and costs no regular expression.
_TELLING = {max(re.findall(r"[^\W\d_]+", phrase), key=len).lower() for phrase in WROTE.split(";") if phrase.strip()}
_SPACED_WORDS = frozenset(word for word in _TELLING if len(word) > 2)
_GLUED_WORDS = tuple(word for word in _TELLING if word[0] > "\u0e00")
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
DATED_ADDRESS = re.compile(
    r"^[\[(]?\d.{6,}[>\])]\s*[:：]$|^\d{4}年.{4,}[>）)」]\s*[:：]?$|^\d{4}[./년-].{6,}[>)]\s*[:：]$"
)
# A sentence a person wrote about somebody's writing, not a client's line above a quotation.
PERSONAL = re.compile(
    r"\b(?:I|you|your|he|she|they|we|my|our|it|ich|ihr|wir|mir|mich|uns|j'ai|je vous|vous|nous|tu|yo|usted"
    r"|ustedes|me|nos|eu|você|"
    r"ik|jij|jullie|mij|jeg|jag|я|мы|вы|мне|нам|ты)\b"
)

# Titles of the delimiter lines, without their dashes.
ORIGINAL_TITLES = """
    original message; original mail; original email; original e-mail; originalmail; original msg; previous message;
    reply message; reply;
    ursprüngliche nachricht; originalnachricht; original-nachricht; ursprüngliche mail; original nachricht;
    message d'origine; message original; message initial; message d’origine; mensaje original; mensaje de origen;
    messaggio originale; messaggio originario; mensagem original; oorspronkelijk bericht; oorspronkelijke bericht;
    originele bericht; origineel bericht; original besked; oprindelig meddelelse; oprindelig besked;
    original meddelelse;
    ursprungligt meddelande; originalmeddelande; ursprungsmeddelande; opprinnelig melding; original melding;
    alkuperäinen viesti;
    wiadomość oryginalna; oryginalna wiadomość; wiadomosc oryginalna; původní zpráva; originální zpráva;
    původní e-mail;
    pôvodná správa; исходное сообщение; оригинальное сообщение; исходное письмо; вихідне повідомлення;
    оригінальне повідомлення;
    оригинално съобщение; eredeti üzenet; eredeti levél; orijinal mesaj; orijinal ileti; özgün ileti; asıl mesaj;
    αρχικό μήνυμα;
    הודעה מקורית; ההודעה המקורית; الرسالة الأصلية; رسالة أصلية; پیام اصلی; ข้อความต้นฉบับ; ข้อความเดิม; tin nhắn gốc;
    thư gốc; pesan asli; mesej asal;
    原始邮件; 原邮件; 原始郵件; 原始訊息; 原始信件; 邮件原件; 回复的原邮件; 元のメッセージ; オリジナルメッセージ;
    元のメール; 원본 메시지; 원본 메일; 원본메일; 원본메시지; mesaj original; mesajul original;
    mesaj iniţial; izvirno sporočilo; originalno sporočilo; izvorna poruka; originalna poruka; originalno pismo;
    algne kiri; algne teade; sākotnējais ziņojums;
    pradinis laiškas; originalus laiškas; upprunaleg skilaboð; missatge original; jatorrizko mezua; मूल संदेश;
    teachtaireacht bhunaidh; mesazhi origjinal;
    reply to message; replied message; replied message; urspr. nachricht; ursprgl. nachricht; antwort; responder;
    répondre
"""
FORWARDED_TITLES = """
    forwarded message; begin forwarded message; forwarded mail; forwarded email; forwarded e-mail; fwd message;
    forward message;
    start of forwarded message; forwarded by; forwarded from; forwarded letter; message forwarded;
    forwarding message; forwarded;
    weitergeleitete nachricht; anfang der weitergeleiteten nachricht; weitergeleitete mail; weitergeleitete e-mail;
    anfang der weitergeleiteten e-mail; beginn der weitergeleiteten nachricht; weitergeleitet von;
    message transféré; message transmis; message transfere; début du message réexpédié; début du message transféré;
    message réexpédié;
    transféré par; mail transféré; courriel transféré; début du message transmis;
    mensaje reenviado; inicio del mensaje reenviado; comienzo del mensaje reenviado; mensaje original reenviado;
    correo reenviado; reenviado por;
    messaggio inoltrato; inizio messaggio inoltrato; inizio del messaggio inoltrato; messaggio inoltrato da;
    inoltrato da;
    mensagem encaminhada; início da mensagem reencaminhada; início da mensagem encaminhada; mensagem reencaminhada;
    mensagem encaminhada por;
    doorgestuurd bericht; begin doorgestuurd bericht; begin van doorgestuurd bericht; doorgestuurde bericht;
    doorgestuurde e-mail; doorgezonden bericht;
    videresendt meddelelse; videresendt besked; videresendt melding; videresendt e-mail;
    start på videresendt besked; start på videresendt melding; starten på den videresendte besked;
    videresendt brev; begynnelse på videresendt melding; begyndelse på videresendt besked;
    start på videresendt meddelelse; videresendt e-post;
    vidarebefordrat meddelande; vidarebefordrat brev; början på vidarebefordrat brev;
    början på vidarebefordrat meddelande; börja vidarebefordrat meddelande; vidarebefordrat mejl;
    vidarebefordrat e-postmeddelande;
    välitetty viesti; edelleenlähetetty viesti; edelleen lähetetty viesti; alkoi edelleenlähetetty viesti;
    välitetty viesti alkaa; alkaa välitetty viesti; uudelleenlähetetty viesti; edelleenlähetetty sähköposti;
    przekazana wiadomość; wiadomość przekazana dalej; początek przekazywanej wiadomości; przekazywana wiadomość;
    treść przekazanej wiadomości; początek przekazanej wiadomości; wiadomość przesłana dalej;
    přeposlaná zpráva; začátek přeposlané zprávy; začátek přeposílané zprávy; přeposlaný e-mail; předaná zpráva;
    preposlaná správa; začiatok preposlanej správy; odovzdaná správa; preposlany mail;
    пересланное сообщение; пересылаемое сообщение; перенаправленное сообщение; начало переадресованного сообщения;
    начало пересылаемого сообщения; начало пересланного сообщения; пересланное письмо; пересылаемое письмо;
    конец пересылаемого сообщения;
    переслане повідомлення; початок листа, що пересилається; початок переадресованого повідомлення;
    переслане повідомлення; пересланий лист; переадресоване повідомлення;
    препратено съобщение; препратено писмо; начало на препратено съобщение; прослеђена порука; prosleđena poruka;
    proslijeđena poruka; proslijeđeno; proslijeđena e-pošta; početak proslijeđene poruke; posredovano sporočilo;
    začetek posredovanega sporočila;
    továbbított üzenet; továbbított levél; a továbbított üzenet kezdete; továbbított üzenet kezdete;
    továbbított üzenet eleje;
    iletilmiş mesaj; yönlendirilmiş mesaj; iletilen mesaj; iletilen ileti; yönlendirilen ileti;
    iletilen mesaj başlangıcı; iletilmiş ileti; başlangıç iletilen mesaj; iletinin başlangıcı; yönlendirilen mesaj;
    προωθημένο μήνυμα; έναρξη προωθημένου μηνύματος; αρχή προωθημένου μηνύματος; προωθούμενο μήνυμα;
    προωθημενο μηνυμα;
    הודעה שהועברה; תחילת ההודעה שהועברה; הודעה מועברת; הועבר מאת; الرسالة المعاد توجيهها; رسالة معاد توجيهها;
    رسالة محولة; بدء الرسالة المعاد توجيهها; رسالة تمت إعادة توجيهها; پیام فرستاده‌شده; پیام هدایت شده;
    ข้อความที่ถูกส่งต่อ; ข้อความที่ส่งต่อ; ข้อความส่งต่อ; เริ่มข้อความที่ส่งต่อ; thư đã chuyển tiếp; tin nhắn đã chuyển tiếp;
    bắt đầu thư đã chuyển tiếp; forwarded message (chuyển tiếp); thư được chuyển tiếp; tin nhắn chuyển tiếp;
    thư chuyển tiếp;
    pesan terusan; pesan yang diteruskan; pesan diteruskan; mulai pesan terusan; awal pesan terusan;
    mesej dimajukan; mesej yang dimajukan;
    转发的邮件; 转发邮件; 转发邮件信息; 转发的消息; 开始转发的邮件; 下面是被转发的邮件; 轉寄郵件; 轉寄的郵件;
    轉寄訊息; 已轉寄的郵件; 開始轉寄郵件; 以下是轉寄的郵件; 轉發郵件; 轉發的郵件; 下面是轉寄的郵件;
    転送メッセージ; 転送されたメッセージ; 転送されたメール; 転送メール; 以下は転送されたメールです;
    以下は転送されたメッセージです; 転送メッセージの開始;
    전달된 메시지; 전달된 메일; 전달한 메시지; 전달된메시지; 전달 메시지; 전달받은 메시지; 전달된 메시지 시작;
    아래는 전달된 메시지입니다;
    mesaj redirecționat; mesaj transmis mai departe; mesaj redirecţionat; începutul mesajului redirecționat;
    mesaj retrimis; mesaj înaintat; începe mesajul redirecționat; mesaj redirectionat;
    edastatud kiri; edasisaadetud kiri; edastatud sõnum; pārsūtīts ziņojums; pārsūtītā ziņa; pārsūtīta vēstule;
    persiųstas laiškas; persiunčiamas laiškas; áframsend skilaboð; framsend skilaboð;
    missatge reenviat; inici del missatge reenviat; mezua birbidalia; birbidalitako mezua; अग्रेषित संदेश;
    फ़ॉरवर्ड किया गया संदेश; mesazh i përcjellë; neges wedi'i hanfon ymlaen; teachtaireacht curtha ar aghaidh;
    naipasang mensahe; ujumbe uliosambazwa
"""


LINE_WORDS = [
    "line",
    "linie",
    "zeile",
    "ligne",
    "línea",
    "linea",
    "linha",
    "riga",
    "regel",
    "lijn",
    "linje",
    "linjen",
    "raden",
    "lini",
    "wiersz",
    "строк",
    "лини",
    "rivin",
    "行",
    "線",
    "satır",
    "řád",
    "message",
    "email",
]


def _titles(table: str) -> frozenset[str]:
    return frozenset(folded(title) for title in table.split(";")) - {""}


ORIGINAL = _titles(ORIGINAL_TITLES)
FORWARDED = _titles(FORWARDED_TITLES)
EDGES = " \t\u00a0-–—―_=*#~>|.•:：«»\"'“”\u200e\u200f"
RULED = re.compile(r"^[\s>*|]*+[-–—_=*#~]{2,}.*?[-–—_=*#~]{2,}[\s*|:：]*$|^[\s>*|]*+[-–—_=*#~]{4,}")
HORIZONTAL_RULE = re.compile(r"^[\s>|]*+[*]?[_\-–—=]{8,}+[*]?\s*$")
FORWARDED_BY = re.compile(
    r"^[\s>]*-{3,}\s*(?:forwarded by|weitergeleitet von|transféré par|reenviado por|inoltrato da|encaminhado por)\b",
    re.IGNORECASE,
)
REPLY_ABOVE = re.compile(
    r"""(?:please\s)?(?:type|write|enter|add)\s(?:your\s)?(?:reply|response|answer)\s(?:above|over)\sthis\sline
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


def title_of(line: str) -> str:
    """A delimiter line without its dashes, in lower case: "original message"."""
    return folded(line.strip(EDGES))


def is_original_delimiter(line: str) -> bool:
    """True for "-----Original Message-----" in any language and of any length."""
    return 4 < len(line) < 120 and title_of(line) in ORIGINAL and bool(RULED.match(line))


def is_forward_delimiter(line: str) -> bool:
    """True for "---------- Forwarded message ---------", "Begin forwarded message:" and kin; headers must follow."""
    return 4 < len(line) < 160 and (title_of(line) in FORWARDED or bool(FORWARDED_BY.match(line)))


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
    size = attempts = 0
    for index in range(start, min(start + MAX_ATTRIBUTION_LINES, len(lines))):
        piece = lines[index].strip(" \t\u00a0>*_|" if pieces else " \t\u00a0*_|")
        size += len(piece) + 1
        if not piece or size > MAX_ATTRIBUTION_CHARS:
            return 0
        pieces.append(piece)
        quote_follows = _quote_after(lines, index + 1, quotes)
        if not (quote_follows or piece[-1] in ":：-") or not _may_begin(pieces):
            continue
        if is_attribution(" ".join(pieces), quote_follows):
            return len(pieces)
        attempts += 1
        if attempts == MAX_ATTEMPTS:
            return 0
    return 0


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
    ruled = text.startswith("--") and text.endswith("--")
    text = text.strip("*_- \t‐‑‒–—")
    ends = ruled or text.endswith((":", "："))
    if ends and _is_stamped(text):
        return quote_follows or not PERSONAL.search(text.split("<")[0])
    if ends and QUOTING.match(text) and ADDRESS.search(text):
        return True
    if quote_follows and not ends and DATE_THEN_ADDRESS.match(text):
        return True
    if not _says_wrote(text):
        return False
    if not ends:
        return quote_follows and len(text) < 250 and bool(WROTE_AT_END.search(text[-80:])) and _has_proof(text)
    if ruled and WROTE_AT_END.search(text[-80:]):
        return True
    if WROTE_THEN_COLON.search(text[-80:]):
        return _is_client_line(text, quote_follows)
    if WROTE_INSIDE.search(text):
        return _has_proof(text) and (quote_follows or not PERSONAL.search(text.split("<")[0]))
    return False


def split_shared_line(text: str) -> tuple[str, str] | None:
    """The new text and the attribution of a line that holds both ("Sure. On Mon, … wrote:"), None for other lines."""
    if not text.endswith("wrote:") or len(text) > MAX_ATTRIBUTION_CHARS:
        return None
    match = SHARED_LINE.match(text)
    return (match[1], match[2]) if match and LETTERS.search(match[1]) and _has_proof(match[2]) else None


def opens_with_attribution(text: str) -> bool:
    """True for an attribution with the old text on the same line, as some phones and HTML converters print it."""
    if "@" not in text[:250] or ":" not in text:
        return False
    match = ATTRIBUTION_AND_MORE.match(text[:400])
    return match is not None and is_attribution(match[1])


def _is_stamped(text: str) -> bool:
    """Day, time and an address, or day, time and "wrote", on a line that ends in a colon: in any language a client's."""
    if len(text) > 300 or not (DATE.search(text) and CLOCK.search(text)):
        return bool(DATED_ADDRESS.match(text) and ADDRESS.search(text))
    return bool(ADDRESS.search(text)) or _says_wrote(text)


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
