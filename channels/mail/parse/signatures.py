"""Where a signature begins: "-- ", "Sent from my …", a sign-off with contact data, a legal notice, a list footer."""

import re
from collections.abc import Sequence

MAX_SIGNATURE_LINES = 25
MAX_LINES_BELOW_SIGN_OFF = 45
MAX_LINES_BELOW_DASHES = 40
MAX_DEVICE_LINES = 60

DASHES = re.compile(r"^\s*(?:--|––|—|—–|‐‐|- -|__)\s*$")
# "sent", then a device or program: in every language a short line that no person writes.
SENT = r"""sent(?=\s(?:\w+ly\s)?(?:from|via|with|by|using|on)\b)|gesendet|verschickt|verfasst|versendet
    |von\smeinem|envoyé|envoye|expédié|télécharge[rz]|enviado
    |enviada|enviat|inviato|inviata|spedito
    |verzonden|verstuurd|gestuurd|sendt|skickat|skickades|sent\svia|lähetetty|lähetin|wysłan[eoay]|wysłano|napisane
    |odesl[aá]no|odoslané|poslan[oe]|poslato
    |отправлено|послано|послато|نُشر|نشر|написано|надіслано|відправлено|изпратено|küldve|küldött|elküldve|gönderildi|gönderilmiştir
    |gönderildi\.|στάλθηκε|εστάλη
    |αποστολή|נשלח|أُ?رسلت?|مرسل|تم\sالإرسال|ارسال\sشده|ส่งจาก|ส่งโดย|đã\sgửi|gửi\stừ|được\sgửi|dikirim|terkirim
    |dihantar|发自|發自|傳送自|傳送|寄自|发送自|来自
    |送信|から送信|보냄|보냈습니다|보낸|trimis|saadetud|nosūtīts|išsiųsta|sent\swith|written\son|written\sfrom
    |typed\son|composed\son|get\soutlook
    |obter\so?\s?outlook|obtenir\soutlook|obtener\soutlook|outlook\sfür|outlook\svoor|télécharger\soutlook
    |scarica\soutlook|downloaden?\soutlook|download\soutlook
    |hämta\soutlook|hent\soutlook|pobierz\soutlook|скачать\soutlook|получить\soutlook|获取\soutlook|取得\soutlook
    |через|fra\smin|från\smin|van\smijn|z\smojego|desde\smi|de\smon|do\smeu|dal\smio|iphone['’]?umdan|bidalia
    |sendt\smed"""
DEVICE = r"""i-?phon\w*|droid|i-?pad\w*|i-?pod|android\w*|ipod\stouch|blackberry|samsung|galaxy|huawei|honor\s
    |xiaomi|redmi|oneplus|nokia|lumia|htc|sony|xperia|motorola|moto\s|pixel
    |windows\s(?:phone|10|mail|mobile)|mail\s(?:for|für|pour|para|per|voor|til|för)\swindows|mail\sapp|outlook|yahoo
    |gmail|gmx|web\.de|aol|proton|tutanota|icloud
    |mobile|mobil\w*|móvil|móviles|celular|cellulare|telefon\w*|telefoon|phone|smartphone|téléphone|teléfono
    |telemóvel|tablet\w*|tableta|tablette
    |handy|puhelime\w*|telefonu|телефон\w*|мобильн\w*|мобільн\w*|смартфон\w*|κινητό|手机|手機|携帯|스마트폰|휴대전화
    |아이폰|mailbox|mail\.ru|яндекс\w*|yandex|почт\w*|rambler
    |thunderbird|mailspring|polymail|superhuman|shift|inbox|zoho|canary|kmail|fastmail|cloudmagic|acompli|evolution
    |mozilla|airmail|spark|boxer|edison|newton|k-9|fairemail|bluemail|nine|typeapp|mymail|apple\smail
    |apple\swatch|sailfish|jolla|zimbra|roundcube|hotmail|live\.com
    |orange|free\s|sfr|laposte|telekom|vodafone|virgin|wind\s|tim\s|qq邮箱|网易|電話|โทรศัพท์|điện\sthoại|ponsel
    |front(?=\W*$)|hp\s|tab\s|device|dispositivo|gerät|appareil|apparaat|enhed|enhet|laite\w*|urządzeni\w*|zařízení"""
SENT_LINE = re.compile(rf"(?:{SENT})", re.IGNORECASE | re.VERBOSE)
DEVICE_LINE = re.compile(rf"(?<![a-z])(?:{DEVICE})(?![a-z])", re.IGNORECASE | re.VERBOSE)
SENT_FROM_MY = re.compile(
    r"^\W*(?:sent|written|typed|posted)\s(?:\w+ly\s)?(?:from|via|with|by|using|on)\s(?:my|an?|the)?\s?\S+(?:\s\S+){0,7}\W*$",
    re.IGNORECASE,
)
# "Sent from my desk, is much easier than my mobile phone": a sentence.
SENTENCE = re.compile(
    r"\b(?:is|was|are|were|it|its|it's|you|but|because|that|which|then|than|when|if|i|we|have"
    r"|has|ich|habe|hat|haben|wir|sie|ist|war|j'ai|nous|avons|yo|hemos|abbiamo|ik|heb|heeft|jeg|jag|har|я|мы"
    r"|вы)\b",
    re.IGNORECASE,
)
DEVICE_FIRST = re.compile(
    r"^\W*(?:von\smein\w+|von\sunterwegs|de\smon|desde\smi|do\smeu|dal\smio|fra\smin|från\smin|van\smijn|из|з"
    r"|z\smo\w+)\b",
    re.IGNORECASE,
)
FROM_MOBILE = re.compile(
    r"^\W*from\smy\s(?:i-?phone|i-?pad|android|mobile|phone|blackberry|samsung)(?:\s[\w+]{1,6}){0,2}\W*$",
    re.IGNORECASE,
)
# Said by one device line among others; alone it may be a sentence.
NAME_FROM_MOBILE = re.compile(r"^\s*[^\W\d_]+\sfrom\smobile\s*$", re.IGNORECASE)
# "Hol dir Outlook für Android", in any language.
OUTLOOK_MOBILE = re.compile(r"^\W*(?:[^\W\d_]+\s){1,4}Outlook(?:\s\w+){1,2}\s?(?:iOS|Android)\W*$")
MESSAGE_WORD = re.compile(
    r"nachricht|mail|message|mensaje|messaggio|mensagem|bericht|meddel|viesti|wiadomo"
    r"|zpráv|письм|сообщ|mesaj",
    re.IGNORECASE,
)
APOLOGY = re.compile(
    r"(?:excuse|pardon|forgive|sorry\sfor|apologi[sz]e\sfor).{0,30}(?:typos?|brevity|spelling|errors)"
    r"|auto-?correct|please\sexcuse",
    re.IGNORECASE,
)
ADVERT = re.compile(
    r"^(?:<?https?://\S*(?:aka\.ms/|overview\.mail\.yahoo|go\.onelink|avast\.com|avg\.com|protonmail\.com"
    r"|apple\.com/iphone)\S*>?|"
    r"(?:this\semail\shas\sbeen\schecked|virus-?\s?(?:free|checked)|virenfrei|garanti\ssans\svirus"
    r"|libre\sde\svirus|diese\se-?mail\swurde\svon\savast|scanned\sby|"
    r"no\svirus\sfound|esta\smensagem\sfoi\sverificada|est\sexempt|этo\sписьмо\sпроверено"
    r"|this\smessage\swas\ssent\sfrom\smy|get\sthe\sapp|sent\susing|do\syou\syahoo)\b.*)$",
    re.IGNORECASE,
)

SIGN_OFF = re.compile(
    r"""^\W*(?:(?:(?:with\s)?(?:my\s)?(?:kind(?:est)?|best|warm(?:est)?|many|sincere)\s)?(?:regards?|wishes
    |thanks)(?:\sand\sregards)?
    |best|bests|cheers|thx|thanks|thank\syou|thanks\s(?:again|in\sadvance|a\slot|so\smuch)|many\sthanks
    |thank\syou\s(?:in\sadvance|very\smuch|so\smuch|for\syour\s(?:help|time|support))
    |yours|yours\s(?:truly|sincerely|faithfully)|sincerely(?:\syours)?|respectfully|cordially|rgds|br|kr|take\scare
    |all\sthe\sbest|have\sa\s(?:nice|great|good)\s\w+
    |mit\s(?:freundliche[mn]|besten?|herzlichen|lieben|sonnigen)\sgr(?:ü|ue|u)(?:ß|ss)(?:en?)?|mfg|lg|vg|bg|(?:viele|liebe
    |beste|herzliche|freundliche|schöne|sonnige)\sgr(?:ü|ue)(?:ß|ss)e|(?:freundlichen|besten|schönen|lieben
    |herzlichen)\sgru(?:ß|ss)|hochachtungsvoll|besten\sdank|vielen\sdank|danke
    |(?:bien\s)?cordialement|(?:bien|très)\s(?:à\svous|cordialement)|sincères\ssalutations|(?:meilleures|cordiales
    |sincères)\ssalutations|salutations(?:\s\w+)?|bien\sà\s(?:vous|toi)|merci(?:\sd'avance|\sbeaucoup)?|amicalement
    |(?:un\s)?(?:cordial\s)?saludos?|saludos\scordiales|(?:un\s)?(?:cordial|atento)\ssaludo|atentamente|atte\.?
    |(?:muchas\s)?gracias(?:\sde\santemano)?|un\sabrazo
    |(?:cordiali|distinti|cari)\ssaluti|(?:un\s)?saluto|saluti|cordialmente|(?:molte\s)?grazie(?:\smille)?
    |atenciosamente|com\sos\smelhores\scumprimentos|(?:melhores\s)?cumprimentos|abraços?|(?:muito\s)?obrigad[oa]|att
    |met\s(?:vriendelijke|hartelijke)\sgroet(?:en)?|(?:vriendelijke|hartelijke)\sgroet(?:en)?|groet(?:en|jes)?|mvg
    |bedankt|alvast\sbedankt
    |(?:med\s)?(?:venlig|vennlig|kærlig|bedste)\shilsen|mvh|(?:med\s)?vänliga?\shälsningar?|(?:bästa\s)?hälsningar
    |hilsen|tack|takk|tak
    |ystävällisin\sterveisin|terveisin|parhain\sterveisin|kiitos|t\.
    |z\spoważaniem|pozdrawiam(?:\sserdecznie)?|(?:z\s)?(?:wyrazami\sszacunku|pozdrowieniami)|dziękuję|s\spozdravem
    |(?:s\s)?pozdravom|děkuji|ďakujem|lep\spozdrav|srdačan\spozdrav|hvala
    |с\sуважением|с\sнаилучшими\sпожеланиями|всего\s(?:доброго|хорошего)|спасибо|з\sповагою|дякую|с\sуважение|поздрави
    |(?:üdvözlettel|tisztelettel)|köszönöm|üdv|(?:saygılarımla|iyi\sçalışmalar|selamlar|teşekkürler|saygılar)
    |cu\s(?:stimă|respect)|mulțumesc|με\sεκτίμηση|ευχαριστώ
    |בברכה|תודה|مع\sتحياتي|تحياتي|شكرا|ขอบคุณ(?:ครับ|ค่ะ)?|trân\strọng|cảm\sơn|salam|hormat\skami|terima\skasih|此致
    |谢谢|謝謝|祝好|よろしくお願い(?:いた)?します|以上|敬具|감사합니다|lugupidamisega|ar\scieņu|pagarbiai)
    [\s,.!;:)-]*$""",
    re.IGNORECASE | re.VERBOSE,
)
CONTACT = re.compile(
    r"""(?:\+|\b00|\(0)\d[\d\s()./-]{6,}|\b0\d{1,4}[\s/.-]?\d{3,}[\d\s/.-]{2,}|\(\d{3}\)\s?\d{3}-\d{4}
    |\b\d{3}[-.\s]\d{3}[-.\s]\d{4}\b|www\.\S+\.\w|https?://|[\w.+-]+@[\w-]+\.\w
    |\b(?:tel|phone|fax|mob|cell)\s?[.:|]
    |\b(?:mobile?|office|direct|telefon|telefax|téléphone|teléfono|telefono|handy|mobil|web|internet|skype|linkedin
    |twitter|e-?mail)\s?[:|]
    |\b(?:gmbh|ltd|llc|inc\.|s\.?r\.?l\.?|s\.?a\.?s\b|s\.?p\.?a\b|b\.v\.|a/s|sp\.\sz\so\.o|plc|corp\.|pty|ООО
    |ag\b.*\d{4,5}|hr[ab]\s?\w|ust-?id|vat\s?(?:no|id|nr)|amtsgericht|handelsregister|registergericht
    |geschäftsführ\w+:|gesellschafter\w*:|vorstand(?:svorsitz\w*)?:|aufsichtsrat\w*:|sitz\s(?:der|in)\b|siret|siren\s
    |r\.?c\.?s\.?\s|tva\s|p\.?\s?iva|codice\sfiscale|kvk|btw|org\.?\s?nr|cvr|nip\b|regon|krs\b|ičo|dič|инн|огрн
    |managing\sdirectors?:|registered\s(?:office|in)|company\s(?:no|number|reg))
    |\b\d{4,5}\s[A-ZÄÖÜ][a-zäöüß]+|\b[A-Z]{2}\s\d{5}\b""",
    re.IGNORECASE | re.VERBOSE,
)
DISCLAIMER = re.compile(
    r"""^\W*(?:(?:confidential(?:ity)?|privileged|legal|privacy|e-?mail)\s(?:notice|note|disclaimer|statement
    |warning|and)\b|disclaimer\b|important\snotice\b
    |(?:the\s(?:information|contents?)|this)\s(?:contained\s|transmitted\s)?(?:(?:in|by|of|with)\s(?:this
    |the)\s)?(?:e-?mail|message|communication|transmission|electronic).{0,140}(?:confidential|intended\s|privileged
    |proprietary)
    |diese\s(?:e-?mail|nachricht)\s.{0,80}vertraulich|der\sinhalt\sdieser\s(?:e-?mail|nachricht).{0,80}vertraulich
    |ce\s(?:message|courriel|mail)\s.{0,120}confidentiel|este\s(?:mensaje|correo|e-?mail)\s.{0,140}confidencial
    |esta\smensagem\s.{0,140}confidencia|(?:questo|il\spresente)\s(?:messaggio|e-?mail)\s.{0,140}(?:riservat
    |confidenzial)|(?:dit|deze)\s(?:bericht|e-?mail)\s.{0,120}vertrouwelijk
    |(?:please\s)?(?:consider|think\sof)\sthe\senvironment\sbefore|(?:bitte\s)?denken\ssie\san\sdie\sumwelt
    |pensez\sà\sl'environnement|если\sвы\sполучили\sэто|данное\s(?:сообщение|письмо).{0,80}конфиденциальн
    |(?:ta|niniejsza)\swiadomość\s.{0,120}poufn|denn[ae]\s(?:e-?mail|e-?post|mail)\s.{0,120}(?:fortrolig
    |konfidentiel)|detta\s(?:meddelande|e-?post|mail).{0,120}konfidentiel|avis\sde\sconfidentialité
    |aviso\sde\sconfidencialidad|aviso\slegal)""",
    re.IGNORECASE | re.VERBOSE,
)
BANNER = re.compile(
    r"""^\W*(?:\[?(?:external|caution|warning|extern|achtung)\]?\W{0,4}(?::\s?|\s-\s?|\s)?.{0,40}(?:originated|came
    |sent|comes)\s(?:from\s)?outside|
    (?:caution|warning|attention|achtung|external\semail)\W.{0,30}(?:external|outside|externe?r?)\W{0,3}(?:e-?mail|mail
    |sender|source|message|organi[sz]ation|absender|nachricht|courriel|expéditeur|the\s|of\s)
    |\[?external(?:\s(?:e-?mail|sender|message))?\]\W.{0,20}(?:do\snot|don['’]t|be\s|this\s|use\scaution|caution)
    |(?:achtung|warnung|hinweis)\W.{0,12}(?:e-?mail|nachricht)\s.{0,30}(?:extern|außerhalb)
    |(?:attention|avertissement)\W.{0,12}(?:message|e-?mail|courriel)\s.{0,30}(?:extern|extérieur)|this\s(?:email
    |message)\s(?:originated|is|came|was\ssent)\sfrom\s(?:an?\s)?(?:outside|external)
    |you\sdon['’]t\soften\sget\semail\sfrom|some\speople\swho\sreceived\sthis\smessage\sdon['’]t\soften
    |vous\sn['’]obtenez\spas\ssouvent|sie\serhalten\snicht\s(?:oft|häufig)\se-?mails\svon)""",
    re.IGNORECASE | re.VERBOSE,
)
BANNER_LINK = re.compile(
    r"learn\swhy\sthis\sis\simportant|LearnAboutSenderIdentification|do\snot\sclick\slinks\sor\sopen", re.IGNORECASE
)
LIST_FOOTER = re.compile(
    r"mailing\slist|listinfo|unsubscribe|list-?serv|groups\.google\.com|yahoogroups|to\sunsubscribe|abbestellen"
    r"|se\sdésabonner|darse\sde\sbaja|you\s(?:received|are\sreceiving)\sthis",
    re.IGNORECASE,
)
RULE = re.compile(r"^\s*[_=\-–—*~#]{5,}\s*$")
THIN_RULE = re.compile(r"^\s*[_=\-–—]{3,}\s*$")
NAME = re.compile(r"^\s*[A-Z][\w.'’-]+(?:\s[A-Z][\w.'’-]*){0,3}\s*$")
NAME_AFTER_DASH = re.compile(r"^\s*[-–—~]{1,2}\s?[^\W\d_][\w.'’-]*(?:\s[^\W\d_][\w.'’-]*){0,2}\s*$")


def is_device_line(line: str) -> bool:
    """True for "Sent from my iPhone", "Von meinem iPad gesendet", "iPhoneから送信", "Get Outlook for iOS"."""
    line = line.strip()
    if not line or len(line) > 140:
        return False
    if ADVERT.match(line) or FROM_MOBILE.match(line):
        return True
    apology = APOLOGY.search(line)
    short = line[: apology.start()].rstrip(" ,;.") if apology and apology.start() > 8 else line
    short = re.sub(r"[<(\[]?https?://\S*|<[^>]*>", "", short.lstrip("<")).strip()
    if OUTLOOK_MOBILE.match(short):
        return True
    if len(short) > 90 or short.endswith(("?", ":")) or SENTENCE.search(short):
        return False
    if SENT_FROM_MY.match(short):
        return bool(DEVICE_LINE.search(short)) or (len(short.split()) <= 7 and " my " in f" {short.lower()} ")
    if not (DEVICE_LINE.search(short) and len(short.split()) <= 14):
        return False
    return bool(_starts_or_ends_sent(short) or (DEVICE_FIRST.match(short) and SENT_LINE.search(short)))


def _starts_or_ends_sent(short: str) -> bool:
    """The sent-word opens or closes the line; in the middle it is a sentence."""
    matches = list(SENT_LINE.finditer(short))
    if not matches:
        return False
    if not short[: matches[0].start()].strip(" -–—*_>•·.\"'“”[(‎\u200f"):
        return True
    closes = not short[matches[-1].end() :].strip(" .!*_)]\"'”")
    return closes and (len(short.split()) <= 5 or bool(MESSAGE_WORD.search(short)))


def signature_start(lines: Sequence[str]) -> tuple[int, float]:
    """The line where the signature begins (len(lines) for none) and how sure that is."""
    end = bottom = _above_last_rules(lines)
    sure = 1.0
    for rule, confidence in (
        (_dashes, 0.95),
        (_list_footer, 0.9),
        (_disclaimer, 0.9),
        (_devices, 0.97),
        (_contacts, 0.75),
        (_ruled_off, 0.75),
        (_dash_name, 0.85),
    ):
        start = rule(lines, end)
        if start < end and any(line.strip() for line in lines[start:end]):
            end, sure = start, min(sure, confidence)
    return (end if end < bottom else len(lines)), sure


def _above_last_rules(lines: Sequence[str]) -> int:
    """Where the text ends when drawn lines that frame a signature and blank ones are left out."""
    end = len(lines)
    while end > 1 and (not lines[end - 1].strip() or RULE.match(lines[end - 1])):
        end -= 1
    return end


def _dashes(lines: Sequence[str], end: int) -> int:
    """The highest "-- " with a signature's worth of lines below it."""
    found, filled, longest = end, 0, 0
    for index in range(end - 1, -1, -1):
        line = lines[index]
        if DASHES.match(line) and (filled or line.strip().startswith("--")):
            exact = line in ("-- ", "--")
            if filled <= (MAX_LINES_BELOW_DASHES if exact else 12) and (exact or longest < 120):
                found = index
        if line.strip():
            filled, longest = filled + 1, max(longest, len(line))
        if filled > MAX_LINES_BELOW_DASHES:
            break
    return found


def _list_footer(lines: Sequence[str], end: int) -> int:
    """A drawn line with a mailing list's few lines below it."""
    for index in range(max(0, end - MAX_SIGNATURE_LINES), end):
        if RULE.match(lines[index]) and any(LIST_FOOTER.search(line) for line in lines[index + 1 : end]):
            return index
    return end


def _disclaimer(lines: Sequence[str], end: int) -> int:
    for index in range(max(0, end - 60), end):
        if not (index == 0 or not lines[index - 1].strip() or RULE.match(lines[index - 1])):
            continue
        if not any(line.strip() for line in lines[:index]):
            continue  # a mail that is nothing but this says it itself
        if DISCLAIMER.match(" ".join(line.strip() for line in lines[index : index + 4])[:400]):
            return index - 1 if index and RULE.match(lines[index - 1]) else index
    return end


def _devices(lines: Sequence[str], end: int) -> int:
    """The highest device line at the end, with nothing but other ones, an apology, an advert or contacts below it."""
    found, strays = end, 0
    for index in range(end - 1, max(-1, end - MAX_DEVICE_LINES), -1):
        if not lines[index].strip():
            continue
        if is_device_line(lines[index]):
            found = index
        elif _belongs_to_device(lines[index]) and strays < 4:
            strays += 1
        else:
            break
    return found - 1 if 0 < found < end and DASHES.match(lines[found - 1]) else found


def _belongs_to_device(line: str) -> bool:
    return bool(
        APOLOGY.search(line) or NAME_FROM_MOBILE.match(line) or CONTACT.search(line) or ADVERT.match(line.strip())
    )


def _contacts(lines: Sequence[str], end: int) -> int:
    """A sign-off with a name and at least two lines of contact data after it, and nothing else."""
    for index in range(max(1, end - MAX_LINES_BELOW_SIGN_OFF), end):
        if not SIGN_OFF.match(lines[index][:80]) or not any(line.strip() for line in lines[:index]):
            continue
        below = [line for line in lines[index + 1 : end] if line.strip()]
        contacts = sum(1 for line in below if CONTACT.search(line[:300]))
        if (
            contacts >= 2
            and contacts * 4 >= len(below)
            and all(len(line) < 160 and not line.rstrip().endswith("?") for line in below)
        ):
            return index
    return end


def _ruled_off(lines: Sequence[str], end: int) -> int:
    """A drawn line with nothing below it but a name or contact data."""
    for index in range(max(1, end - 12), end):
        if not THIN_RULE.match(lines[index]) or not any(line.strip() for line in lines[:index]):
            continue
        below = [line.strip() for line in lines[index + 1 : end] if line.strip()]
        named = 0 < len(below) <= 2 and (NAME.match(below[0]) or _is_below_quotation(lines, index))
        # Three dashes also part one thought from the next; then what follows is a sentence.
        sure = bool(RULE.match(lines[index])) or all(line[-1] not in ".?!" for line in below)
        if named and sure and all(len(line) < 80 for line in below):
            return index
        if any(map(CONTACT.search, below)) and all(
            CONTACT.search(line) or (len(line) < 45 and line[-1] not in ".?!:,;") for line in below
        ):
            return index
    return end


def _is_below_quotation(lines: Sequence[str], index: int) -> bool:
    """True when the nearest filled line above is quoted."""
    return next((line for line in reversed(lines[:index]) if line.strip()), "").lstrip().startswith(">")


def _dash_name(lines: Sequence[str], end: int) -> int:
    """The github habit: "-Name" alone at the end."""
    last = next((index for index in range(end - 1, -1, -1) if lines[index].strip()), -1)
    if last < 1 or not NAME_AFTER_DASH.match(lines[last]) or len(lines[last]) > 40:
        return end
    before = next((line for line in reversed(lines[:last]) if line.strip()), "")
    is_list = before.lstrip()[:1] in "-–—*•" or (
        lines[last].strip("-–— ")[:1].islower() and lines[last - 1].strip() != ""
    )
    return end if not before or is_list else last
