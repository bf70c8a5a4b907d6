"""The header lines clients print above quoted and forwarded mail ("From: … Sent: …"), in every language we know."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from channels.mail.parse.lines import folded

LABELS = {
    "from": """
        from; desde; von; absender; de; expéditeur; expediteur; remitente; da; mittente; remetente; van; afzender; fra;
        afsender;
        avsender; från; avsändare; lähettäjä; keneltä; od; nadawca; odesílatel; odesilatel; odosielateľ;
        pošiljatelj; šalje;
        от; от кого; отправитель; від; від кого; відправник; од; feladó; kimden; gönderen; από; αποστολέας; מאת; من;
        المرسل;
        จาก; từ; người gửi; dari; pengirim; daripada; 发件人; 寄件者; 寄件人; 發件人; 差出人; 送信者; 送信元;
        from（差出人）;
        보낸 사람; 보낸사람; de la; expeditor; expeditorul; saatja; kellelt; no; nuo; siuntėjas; sendandi; frá;
        sūtītājs; remitent; nga;
        igorlea; nork; ó; från/from; फ़्रॉम; प्रेषक; از; فرستنده; oddane od; mula kay; kutoka; ფრომ; mailed by;
        originator;
        message from; de/from; von/from; from/de
    """,
    "date": """
        sent; date; sent on; sent at; date sent; received; gesendet; gesendet am; datum; envoyé; envoyé le; message du;
        envoye; date d'envoi; enviado; enviado el; enviado em; enviada; enviada em; fecha; fecha de envío; data;
        inviato; data invio;
        verzonden; verzonden op; datum verzonden; sendt; dato; sendt den; skickat; skickades; lähetetty; päiväys;
        päivämäärä; pvm; wysłano; wysłane; odesláno; odoslané; dátum; poslano; poslato; vreme; vrijeme; отправлено;
        дата;
        отправлена; дата отправки; надіслано; відправлено; датум; küldve; elküldve; küldés dátuma; tarih;
        gönderilme tarihi;
        gönderildi; gönderilen; gönderme tarihi; ημερομηνία; στάλθηκε; εστάλη; נשלח; תאריך; التاريخ; تاريخ;
        تاريخ الإرسال;
        تم الإرسال; วันที่; ส่ง; ส่งเมื่อ; ngày; đã gửi; gửi lúc; tanggal; dikirim; terkirim; dihantar; tarikh;
        发送时间; 日期; 时间;
        發送時間; 傳送時間; 寄件日期; 發送日期; 發件日期; 送信日時; 日時; 送信日; 送信; 日付; 보낸 날짜; 보낸날짜; 날짜;
        보냄; 보낸 시간; trimis; trimis la;
        dată; изпратено; saadetud; kuupäev; nosūtīts; datums; išsiųsta; sent time; send; send time; enviat; dérgua;
        dërguar;
        bidalia; sendt/sent; time; दिनांक; तिथि; भेजा गया; تاریخ; ارسال; datetime; dagsetning; send date; wann; quando
    """,
    "to": """
        to; an; empfänger; à; a; destinataire; destinataires; para; destinatario; destinatário; destinatari; aan;
        naar;
        ontvanger; til; modtager; mottaker; till; mottagare; vastaanottaja; kenelle; komu; do; adresat; pro;
        prijemca; za;
        prima; primatelj; кому; получатель; кого; до; на; címzett; kime; alıcı; προς; παραλήπτης; אל; إلى; الى;
        المستلم; ถึง;
        tới; đến; người nhận; kepada; untuk; ke; 收件人; 收件者; 收信人; 宛先; 送信先; 宛て先; to（宛先）;
        받는 사람; 받는사람; către; catre;
        destinatar; destinatarul; saaja; kam; gavėjas; kellele; adresāts; per a; nori; për; प्रति; به; گیرنده; 받는 이;
        til/to; recipient;
        recipients; to whom; prejemnik; primalac; viðtakandi; an/to; till/to; mottagare/to
    """,
    "cc": """
        cc; kopie; копие; kp; kk; kopie an; copie à; copie; copia; copia carbón; kopi; kopia; kopio; kópia; kopija;
        копия; копія; másolatot kap;
        másolat; bilgi; κοιν; κοινοποίηση; עותק; نسخة; สำเนา; sao chép; tembusan; salinan; 抄送; 副本; 參照; 참조;
        cc（抄送）; bcc; cci; cco; ccn;
        blindkopie; tỳ; dw; udw; kk; ск; скрытая копия; 密送; 密件副本; bilgi (cc); kc; cópia; cópia oculta; afrit;
        koopia
    """,
    "subject": """
        subject; betreff; objet; sujet; asunto; oggetto; assunto; onderwerp; emne; ämne; aihe; otsikko; temat;
        předmět;
        predmet; tema; naslov; zadeva; тема; тема письма; заголовок; относно; tárgy; konu; θέμα; נושא; الموضوع;
        موضوع; เรื่อง;
        chủ đề; tiêu đề; subjek; perihal; hal; judul; 主题; 主旨; 主題; 标题; 標題; 件名; 題名; 제목; subiect;
        subiectul; teema; temats; efni;
        assumpte; gaia; subjekt; vec; věc; sag; vedr; rubrik; विषय; betr; betrifft; re; onderwerp/subject;
        fwd subject; subyek
    """,
    "other": """
        reply-to; reply to; antwort an; répondre à; responder a; responder para; rispondi a; antwoord aan; svar til;
        svara till;
        odpowiedź do; odpovědět komu; ответить; 回复; 返信先; importance; priority; wichtigkeit; priorität;
        importancia;
        importanza; urgentie; vigtighed; prioritet; prioridade; prioridad; priorité; attachments; attachment;
        anlagen; anhänge;
        pièces jointes; datos adjuntos; archivos adjuntos; allegati; anexos; bijlagen; vedhæftede filer; vedlegg;
        bilagor; liitteet;
        załączniki; přílohy; вложения; 附件; 添付ファイル; 첨부 파일; importance level; organization; message-id;
        x-mailer; sensitivity;
        organisation; newsgroups; resent-from; sender; mailing list; on behalf of; categories; ważność; tärkeys;
        приоритет;
        важность; önem; 重要性; 중요도; fontosság; vikt; betydning; priorita; dôležitosť; importanță; pomembnost
    """,
}
KINDS: dict[str, set[str]] = {}
for _kind, _words in LABELS.items():
    for _word in _words.split(";"):
        KINDS.setdefault(folded(_word), set()).add(_kind)

# "De :", "*From:*", "**Von:**", "> Subject:", "| Date:", "From（差出人）："
LABEL_LINE = re.compile(r"^[\s>|*_•·]*+([^\W\d_][^:：;]{0,28}?)[\s*_]*+[:：][\s*_]*+(.*)$", re.DOTALL)
# Yahoo's Polish "Dw Name <…>": the one label that clients print without its colon.
BARE_COPY_LABEL = re.compile(r"(?<=>)(Dw)\s(?=[^:<>]{1,80}<)")
MAX_BLOCK_LINES = 60
MAX_CONTINUATION = 12


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Printed headers from line `start` up to but not including `end`; `values` by kind, first one wins."""

    start: int
    end: int
    values: dict[str, str]

    @property
    def kinds(self) -> set[str]:
        """The kinds of header that say which mail this was."""
        return set(self.values) & {"from", "date", "to", "subject", "cc"}

    @property
    def has_address(self) -> bool:
        """True when somebody's address is printed in it."""
        return any("@" in self.values.get(kind, "") for kind in ("from", "to", "cc"))

    @property
    def is_convincing(self) -> bool:
        """True when only a mail client writes such a block: a person listing travel data does not."""
        stamped = _has_clock(self.values.get("date", "")) and self.has_address
        if "from" not in self.values:
            return stamped or {"subject", "date", "to"} <= self.kinds
        if len(self.kinds) >= 3:
            return self.has_address or "subject" in self.values
        return stamped


def _has_clock(text: str) -> bool:
    return bool(re.search(r"\d{1,2}[:.h]\d{2}", text))


def label_of(line: str) -> tuple[frozenset[str], str] | None:
    """The kinds a line's label may mean and its value, or None for a line that is no printed header."""
    if ":" not in line[:60] and "：" not in line[:60]:
        return None
    match = LABEL_LINE.match(line)
    if not match:
        return None
    label = folded(match[1]).strip("*_ ")
    kinds = KINDS.get(label) or KINDS.get(label.replace(" ", ""))
    return (frozenset(kinds), match[2].strip(" \t*_")) if kinds else None


def read_block(lines: Sequence[str], start: int) -> HeaderBlock | None:
    """The printed headers that begin on line `start`; None when fewer than two stand there."""
    if label_of(lines[start]) is None:
        return None
    values: dict[str, str] = {}
    last, end, loose = "", start, 0
    for index in range(start, min(len(lines), start + MAX_BLOCK_LINES)):
        line = lines[index]
        found = label_of(line)
        if found is not None and (kind := _unused(found[0], values)):
            last, end, loose = kind, index + 1, 0
            values.setdefault(kind, found[1])
        elif len(values) >= 2 and _is_unknown_header(lines, index, values):
            end, last = index + 1, ""
        elif not _bare(line):
            if not _header_follows(lines, index, values) and not (last and not values[last]):
                break
        elif last and loose < MAX_CONTINUATION and _continues(line, last, values[last], lines, index, values):
            values[last] = f"{values[last]} {_bare(line)}".strip()
            end, loose = index + 1, loose + 1
        else:
            break
    return HeaderBlock(start, end, values) if len(values) >= 2 else None


def _unused(kinds: frozenset[str], values: dict[str, str]) -> str:
    """The kind an ambiguous label ("A:", "Data:", "od:") means here: one that has not been seen in this block."""
    for kind in ("from", "date", "to", "cc", "subject", "other"):
        if kind in kinds and (kind not in values or kind in ("cc", "other")):
            return kind
    return ""


def _is_unknown_header(lines: Sequence[str], index: int, values: dict[str, str]) -> bool:
    """A header in words we do not know, between headers we know or with an address behind it."""
    match = LABEL_LINE.match(lines[index])
    if not match or not match[2].strip() or lines[index][:1].isspace():
        return False
    following = label_of(lines[index + 1]) if index + 1 < len(lines) else None
    if following is not None and _unused(following[0], values):
        return True
    return len(values) >= 3 and "@" in match[2] and "@" not in match[1] and len(match[1].split()) <= 3


def _bare(line: str) -> str:
    return line.strip(" \t>|*_\u00a0")


def _header_follows(lines: Sequence[str], index: int, values: dict[str, str]) -> bool:
    """One blank line between two printed headers is how HTML paragraphs come out as text."""
    if index + 1 >= len(lines) or ("subject" in values and "from" in values and len(values) >= 4):
        return False
    found = label_of(lines[index + 1])
    return found is not None and bool(_unused(found[0], values)) and "other" not in found[0]


def _continues(line: str, last: str, value: str, lines: Sequence[str], index: int, values: dict[str, str]) -> bool:
    """True when `line` is the wrapped rest of the header before it."""
    if not value:
        return True
    if line[:1] in " \t" and last != "subject":
        return True
    if last in ("to", "cc", "from") and (value.endswith((",", ";", "<")) or value.count("<") > value.count(">")):
        return True
    if last in ("to", "cc", "from") and re.match(r"^[\s>*]*<[^>]*@", line):
        return True
    following = label_of(lines[index + 1]) if index + 1 < len(lines) else None
    return following is not None and bool(_unused(following[0], values))


def looks_like_block(lines: Sequence[str], start: int) -> bool:
    """Three "Word: value" lines in a row with an address among them: printed headers in a language not listed."""
    head = list(lines[start : start + 4])
    labelled = [line for line in head if LABEL_LINE.match(line)]
    return len(head) > 2 and labelled[:3] == head[:3] and any("@" in line for line in labelled)


def is_run_on_block(line: str, least: int) -> bool:
    """True for a line that is a whole block of printed headers, from the sender on, with an address in it."""
    return starts_block(line) and len(split_run_on(line, least)) >= least


def starts_block(line: str) -> bool:
    """True for a printed "From:" with an address on its line."""
    found = label_of(line) if "@" in line else None
    return found is not None and "from" in found[0]


def split_run_on(line: str, least: int = 3) -> list[str]:
    """A line with `least` printed headers in a row ("From: … To: … Subject: …"), one a line; [line] when it has fewer.

    Yahoo prints forwards so: the line breaks are lost and labels may touch what stands before them.
    """
    line = BARE_COPY_LABEL.sub(r"\1: ", line)
    starts: list[int] = []
    kinds: set[str] = set()
    for colon in re.finditer(r"[:：]", line[:2000]):
        found = _label_before(line, colon.start())
        if found is not None and not found[1] <= kinds:
            starts.append(found[0])
            kinds |= found[1]
    if len(starts) < least or "from" not in kinds:
        return [line]
    edges = [0, *starts, len(line)] if line[: starts[0]].strip() else [*starts, len(line)]
    return [line[one:other].strip() for one, other in pairwise(edges)]


def _label_before(line: str, colon: int) -> tuple[int, set[str]] | None:
    """Where the longest known label that ends at `colon` starts, and its kinds."""
    for size in range(min(22, colon), 0, -1):
        start = colon - size
        before = line[start - 1 : start]
        capitals = before.isupper() and line[start : start + 2].isupper()
        glued = before.isalnum() and (line[start].islower() or capitals)
        if line[start].isspace() or glued:
            continue
        if kinds := KINDS.get(folded(line[start:colon])):
            return start, kinds
    return None
