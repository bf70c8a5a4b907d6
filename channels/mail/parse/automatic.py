"""What kind of mail this is: only mail a human wrote to us may ever be answered by itself."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from channels.mail.parse.addresses import read_addresses
from channels.mail.parse.away import is_absence_note
from channels.mail.parse.message import Bounce, Mailbox
from channels.mail.parse.structure import Part

NO = frozenset({"no", "false", "0", "none"})
AUTOMATIC_NAME = re.compile(
    r"^x-(?!auto-response-suppress)(?:[\w-]*(?:auto-?(?:repl(?:y|ied)|respon[ds]\w*|submit\w*|generated|answer)"
    r"|vacation|out-?of-?office|oof\b)[\w-]*)$|"
    r"^(?:auto-?repl(?:y|ied)|autorespon\w*|x-fc-machinegenerated|x-cron-env|x-mail-autoreply"
    r"|x-post-messageclass|x-bounce-\w+|x-[\w-]+-generated)$"
)
MACHINE_LOCAL_PART = re.compile(
    r"^(?:mailer-daemon|mail-daemon|maildaemon|mailerdaemon|post_?master|mdaemon|majordomo|listserv|autoreply"
    r"|auto-reply|autoresponder|auto-responder|"
    r"(?:do-?_?\.?not-?_?\.?|no-?_?\.?)reply(?:[-+._].*)?|(?:[\w.]+[-_.])?no-?_?reply|bounces?(?:[-+._=].*)?"
    r"|daemon|notifications?|noreply-dmarc-support|ne-?pas-?repondre|nicht-?antworten|no-?responder|n[ao]o?-?responda"
    r"|non-?rispondere|niet-?(?:be)?antwoorden|ikke-?svar|svar-?(?:ikke|inte)|svara-?(?:ej|inte)|ei-?vastausta"
    r"|nie-?odpowiada[cj]|ne-?odpov[ií]d\w*|yanitlamayin|cevaplamayin|auto-?(?:confirm|mailer|notify|message)"
    r"|cron|nagios|icinga|zabbix|alerts?|alertmanager|notify|notifier|newsletters?)$",
    re.IGNORECASE,
)
DAEMON = re.compile(
    r"^(?:mailer-?daemon|mail-?daemon|post_?master|mdaemon|bounces?|double-?bounce|mail[\s_-]?delivery.*"
    r"|e?mail[\s_-]?system|microsoftexchange.*|amavis|daemon|root)\b",
    re.IGNORECASE,
)
DAEMON_NAME = re.compile(
    r"mail\s?delivery\s?(?:sub)?system|mailer[- ]?daemon|system administrator|mail administrator|postmaster"
    r"|mail delivery service",
    re.IGNORECASE,
)
BOUNCE_SUBJECT = re.compile(
    r"""^\W*(?:re:\s*)?(?:undeliver(?:able|ed)|undelivered\smail|mail\sdelivery\s(?:failed|failure|subsystem|system
    |error|status|problem|report|delayed)|delivery\s(?:status\snotification|failure|has\sfailed|problem|report
    |delayed|notification)
    |notice:\smail\sdelivery
    |returned\s(?:mail|to\ssender)|failure\snotice|failed\sdelivery|message\s(?:delivery\sfailure|undeliverable
    |you\ssent\sblocked|status|could\snot)|non[\s-]?deliver|(?:error\s)?could\snot\s(?:send|deliver)
    |mail\s(?:could\snot\sbe|not)\sdelivered|unzustellbar|unzustellbarkeit|nicht\szustellbar|mail\sunzustellbar
    |nicht\szugestellt|zustellung\sfehlgeschlagen|non\sremis|échec\sde\s(?:la\s)?remise|non\sdistribu|message\snon
    |no\sse\spuede\sentregar|no\sentregado|mensaje\sdevuelto
    |não\sfoi\spossível\sentregar|mancato\srecapito|impossibile\srecapitare|onbestelbaar|kan\sikke\sleveres
    |olevererbart|odesláni|nie\smożna\sdostarczyć|niedostarczon|недоставлен|не\sудалось\sдоставить|无法投递|系统退信
    |退信|配信不能|배달\s?실패|undelivrable|warning:\s(?:could\snot\ssend|message))""",
    re.IGNORECASE | re.VERBOSE,
)
GENERATED_SUBJECT = re.compile(r"^\s*[\[(]auto(?:matic(?:ally)?)?[\s-]generated[\])]", re.IGNORECASE)
# The fields of a delivery report, written into the text by servers that send no report part.
REPORT_FIELD = re.compile(r"^(?:reporting-mta|final-recipient|diagnostic-code):\s", re.IGNORECASE | re.MULTILINE)
FAILURE_TEXT = re.compile(
    r"(?:could not|couldn't|cannot|can't|unable to|was not able to|wasn't able to|failed to) (?:be )?deliver"
    r"|undeliverable|not (?:be )?delivered|"
    r"delivery (?:has )?fail|permanent(?: fatal)? error|user unknown|unknown user|no such (?:user|address"
    r"|recipient)|returned to (?:you|sender)|"
    r"(?:did|could|can) not (?:be )?reach|was not sent|nicht (?:zugestellt|ausgeliefert|erreicht)"
    r"|n'a pas pu être (?:remis|distribué|délivré|envoyé)|no (?:se (?:pudo|ha podido)|pudo|ha podido) (?:ser )?entreg"
    r"|non è stato (?:possibile|recapitato|consegnato)|não (?:pôde|foi possível|pode) (?:ser )?entreg"
    r"|niet (?:worden )?(?:bezorgd|afgeleverd)|inte levereras|ikke leveres|ei voitu toimittaa"
    r"|nie (?:można|mogła|udało się) (?:było )?(?:zostać )?dostarcz|nelze doručit"
    r"|не (?:может|могло|удалось|был\w?)[^.]{0,20} доставлен"
    r"|送信できませんでした|配信できません|配達できません|无法(?:送达|投递|发送)|退信|전송(?:하지|되지|할 수 없)|"
    r"address(?:es)? failed|mailbox (?:is )?(?:full|unavailable|not found)|over quota"
    r"|recipient .{0,40}(?:rejected|unknown|not found)|\b5[05]\d[ -]5\.\d\.\d",
    re.IGNORECASE,
)
# What servers write in front of the original subject; nobody types it.
REPLY_PREFIX = re.compile(
    r"""^\W*(?:automatic\sreply|auto(?:matic)?[\s-]?(?:reply|response|responder|reponse)|autoreply|auto-?réponse
    |out[\s-]of[\s-](?:the[\s-])?office(?:\s(?:auto\s?reply|reply|autoreply|notification|message))?|ooo
    |vacation\s(?:auto-?)?(?:reply|response|responder|message)|resposta\sautomàtica|odpowiedź\sautomatyczna
    |การตอบกลับอัตโนมัติ|automātisk\w+\satbilde|automatinis\satsakymas|sjálfvirkt\ssvar|absent\sdu\sbureau
    |外出(?:自動回覆|自动回复)|自動送信|otomatik\syanıtlama|aŭtomata\srespondo|svar\sautomatisk|automatisk\sbesked
    |erantzun\sautomatikoa|automatische[rs]?\s(?:antwort
    |abwesenheitsnotiz|rückantwort)|abwesenheits(?:notiz|assistent|benachrichtigung|meldung)?|abwesend
    |réponse\s(?:automatique|auto)(?:\sd'absence)?|réponse\sd'absence|absence\sdu\sbureau|respuesta\sautom[áa]tica
    |fuera\sde\s(?:la\s)?oficina|risposta\sautomatica|fuori\s(?:sede|ufficio)|resposta\sautom[áa]tica
    |fora\sdo\sescritório|automatisch(?:e)?\santwoord|afwezig(?:heid)?(?:sassistent|sbericht)?|autosvar
    |automatisk\ssvar|automatiskt?\ssvar|frånvaro|fraværs?\w*|automaattinen\svastaus|poissa
    |automatyczna\sodpowiedź|autoodpowiedź|nieobecno\w+|automatická\sodpověď|automatická\sodpoveď|автоответ(?:чик)?
    |автоматический\sответ|автоматична\sвідповідь|автоматичен\sотговор|automatikus\sválasz|házon\skívül
    |otomatik\s(?:yanıt|cevap)|αυτόματη\sαπάντηση|תשובה\sאוטומטית|מענה\sאוטומטי|الرد\sالتلقائي|رد\sتلقائي
    |ตอบกลับอัตโนมัติ|trả\slời\stự\sđộng|balasan\sotomatis|自动(?:回复|答复)|自動(?:回覆|返信|応答)|不在(?:通知
    |メッセージ)?|자동\s?(?:응답|회신)|부재중\s?(?:자동\s?응답)?|răspuns\sautomat|samodejni\sodgovor
    |automatski\sodgovor|automaatvastus)
    \s*(?:\([^)]{1,40}\)\s*)?(?:[:：\]】]|-\s|$|(?=(?:re|aw|sv|vs|antw|fwd?)\s?:))""",
    re.IGNORECASE | re.VERBOSE,
)
AWAY_SUBJECT = re.compile(
    r"out\sof\s(?:the\s)?office|on\svacation|away\sfrom\s(?:my|the)\s(?:mail|office|desk)|vacation\s(?:reply"
    r"|message|response)|out-of-office|fuera\sde\s(?:la\s)?oficina|außer\shaus|nicht\sim\s(?:büro|haus)|poza\sbiurem"
    r"|mimo\skancelář"
    r"|вне\sофиса|в\sотпуске|fuori\ssede|in\sferie|på\s(?:ferie|semester)|op\svakantie|lomalla|de\sférias"
    r"|na\surlopie|szabadságon|izinde|休暇|休假|在休假|휴가|danke\sfür\sihre|merci\sde\s(?:votre|nous)|gracias\spor"
    r"|grazie\sper|i\sam\saway|im\surlaub|en\svacances|de\svacaciones|thank\syou\sfor\s(?:contacting"
    r"|your\s(?:e-?mail|message|enquiry|inquiry))"
    r"|ticket\s(?:received|created)|we\s(?:have\s)?received\syour|ihre\sanfrage\s(?:ist|wurde)|auto-?reply"
    r"|automatic\sreply",
    re.IGNORECASE,
)
CHALLENGE_SUBJECT = re.compile(
    r"(?:please\s)?(?:confirm|verify)\s(?:your|the|that\syou\ssent)\s(?:e-?mail\s|your\s)?(?:message|mail"
    r"|delivery|sender|address\sto)|sender\s(?:verification|confirmation)\b|message\sawaiting\sconfirmation"
    r"|"
    r"verification\srequired\sto\sdeliver|\[?spam\s?arrest\]?|boxbe|(?:is\s)?waiting\slist\s(?:status|:)"
    r"|challenge[\s/-]response|one[- ]time\sauthori[sz]ation\sto\sreach"
    r"|bitte\sbestätigen\ssie\sihre\snachricht",
    re.IGNORECASE,
)
# Programs that write by themselves, by a header that only they put in.
MACHINE_HEADERS = frozenset(
    [
        "x-jira-fingerprint",
        "x-github-reason",
        "x-gitlab-notificationreason",
        "x-gitlab-pipeline-id",
        "x-redmine-host",
        "x-nagios-notification",
        "x-trac-project",
        "x-bugzilla-type",
        "x-amazon-mail-relay-type",
        "x-jenkins-job",
        "x-travis-id",
        "x-phabricator-sent-this-message",
        "x-gerrit-messagetype",
        "x-launchpad-message-rationale",
        "x-mantis-project",
        "x-virtualserver-group",
    ]
)
# A service sent it for a program: of these, mail from such names is nobody's.
SERVICE_HEADERS = ("x-ses-outgoing", "x-sg-eid", "x-mailgun-sid", "x-pm-message-id", "x-mandrill-user", "x-mj-mid")
SERVICE_LOCAL_PART = re.compile(
    r"^(?:accounts?|updates?|news|info-?mail|mailer|marketing|deals|offers|promo\w*|invites?|invitations?|digest|security"
    r"|system|robot|bot|app|hello|team|welcome|onboarding|surveys?|feedback|receipts?|invoices?|orders?|shipping)$",
    re.IGNORECASE,
)
LOOP_NAME = re.compile(r"^x-(?:[a-z]+-)?loop(?:-prevention)?$")
CHALLENGE_HEADERS = (
    "x-challenge",
    "x-spamarrest-noauth",
    "x-boxbe-source",
    "x-tmda-fingerprint",
    "x-tmda-confirm",
    "x-mailblocks-challenge",
    "x-asg-challenge",
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the kind is judged by. `headers` by lower-case name, all values; `written` is the text without quotes."""

    headers: Mapping[str, tuple[str, ...]]
    root: Part
    from_: Mailbox | None
    subject: str
    null_sender: bool
    own_addresses: frozenset[str]
    written: str = ""

    def first(self, name: str) -> str:
        """The first value of a header in lower case, "" when missing."""
        return next(iter(self.headers.get(name, ())), "").strip().lower()

    def token(self, name: str) -> str:
        """The first word of a header's value in lower case."""
        return re.split(r"[\s;,(]", self.first(name), maxsplit=1)[0]

    @property
    def precedence(self) -> str:
        """The first word of Precedence, or of what some senders write instead."""
        return self.token("precedence") or self.token("x-precedence")

    @property
    def local_part(self) -> str:
        """What stands before the @ of the From address."""
        return self.from_.address.rpartition("@")[0] or self.from_.address if self.from_ else ""


def is_null_sender(envelope: Mapping[str, object], return_path: str | None) -> bool:
    """True when nobody wants answers or bounces: MAIL FROM:<>, by envelope if known, else by Return-Path."""
    for key in ("mail_from", "sender", "from"):
        value = envelope.get(key)
        if isinstance(value, str):
            return value.strip() in ("", "<>")
    return return_path is not None and return_path.strip() in ("", "<>")


def looks_like_bounce(signals: Signals, text: str) -> bool:
    """The gate in front of the bounce reader: a report, a null sender or a daemon says delivery failed."""
    types = {part.content_type for part in signals.root.walk()}
    if types & {"message/delivery-status", "message/global-delivery-status"}:
        return True
    kind, params = signals.root.content_type, signals.root.params
    if kind == "multipart/report" and params.get("report-type", "").lower() in ("delivery-status", ""):
        return "message/disposition-notification" not in types and "message/feedback-report" not in types
    if "x-failed-recipients" in signals.headers:
        return True
    daemon = bool(DAEMON.match(signals.local_part) or (signals.from_ and DAEMON_NAME.search(signals.from_.name)))
    if not (daemon or signals.null_sender):
        spoken = BOUNCE_SUBJECT.match(signals.subject) and not signals.subject.lower().startswith("re:")
        return bool(spoken and REPORT_FIELD.search(text[:20_000]))
    return bool(BOUNCE_SUBJECT.match(signals.subject)) or (daemon and bool(FAILURE_TEXT.search(text[:6000])))


def kind_of(signals: Signals, bounce: Bounce | None, bounced: bool) -> str:
    """The kind by the strongest rule; the rules are tried in this order."""
    if signals.from_ and signals.from_.address.lower() in signals.own_addresses:
        return "own"
    if signals.own_addresses & {value.strip().lower().strip("<>") for value in signals.headers.get("x-loop", ())}:
        return "own"
    if bounced and bounce is not None:
        return "bounce"
    for kind, rule in RULES:
        if rule(signals):
            return kind
    return "human"


def _is_challenge(signals: Signals) -> bool:
    if any(name in signals.headers for name in CHALLENGE_HEADERS):
        return True
    automatic = _is_auto_reply(signals) or _is_auto_generated(signals)
    return automatic and bool(CHALLENGE_SUBJECT.search(signals.subject))


def _is_calendar(signals: Signals) -> bool:
    if signals.root.content_type == "text/calendar":
        return True
    parts = signals.root.walk()
    invites = (part for part in parts if part.content_type == "text/calendar" and part.disposition != "attachment")
    return any(part.params.get("method", "").lower() in ("request", "reply", "cancel", "counter") for part in invites)


def _is_auto_reply(signals: Signals) -> bool:
    if signals.token("auto-submitted").startswith("auto-repl"):
        return True
    if signals.precedence in ("auto_reply", "auto-reply", "autoreply"):
        return True
    for name, values in signals.headers.items():
        if AUTOMATIC_NAME.match(name) and values[0].strip().lower() not in NO:
            return "generated" not in name and "submit" not in name and not name.startswith(("x-cron", "x-fc"))
    if signals.first("x-freescout-mail-type").startswith("auto"):
        return True
    if "autoresponder" in signals.first("delivered-to") or signals.token("x-apple-action") == "vacation":
        return True
    if re.match(r"auto-?(?:reply|responder)", signals.local_part, re.IGNORECASE):
        return True
    if REPLY_PREFIX.match(signals.subject):
        return True
    hints = (
        "x-auto-response-suppress" in signals.headers,
        signals.null_sender,
        signals.precedence in ("bulk", "junk"),
    )
    return (any(hints) and bool(AWAY_SUBJECT.search(signals.subject))) or is_absence_note(
        signals.subject, signals.written
    )


def _is_list(signals: Signals) -> bool:
    listed = (
        signals.first("list-id")
        or signals.first("list-post")
        or signals.first("mailing-list")
        or signals.first("x-mailing-list")
    )
    if listed:
        return not (_is_our_group(listed, signals.own_addresses) or _is_discussed_with_us(signals))
    return signals.precedence == "list" or "list-unsubscribe" in signals.headers


def _is_our_group(listed: str, own_addresses: Collection[str]) -> bool:
    """Customers reach many a support address through a group of ours; their mail is no list mail."""
    return any(own in listed or own.replace("@", ".") in listed for own in own_addresses)


def _is_discussed_with_us(signals: Signals) -> bool:
    """A group people write in (it has an address to post to), by somebody who put our own address into To or Cc."""
    if not (signals.first("list-post").startswith("<mailto:") or "x-google-group-id" in signals.headers):
        return False
    named = " ".join((signals.first("to"), signals.first("cc")))
    return any(own in named for own in signals.own_addresses)


def _is_auto_generated(signals: Signals) -> bool:
    token = signals.token("auto-submitted")
    if token and token != "no":
        return True
    if signals.precedence in ("bulk", "junk"):
        return True
    if any(
        AUTOMATIC_NAME.match(name) and values[0].strip().lower() not in NO for name, values in signals.headers.items()
    ):
        return True
    if signals.null_sender or signals.root.content_type == "multipart/report":
        return True
    if not MACHINE_HEADERS.isdisjoint(signals.headers) or _is_from_service(signals):
        return True
    if signals.first("x-freescout-mail-type").endswith("notification"):
        return True
    # Outlook writes a list of suppressions on ordinary mail; "All" is only written by machines.
    if signals.first("x-auto-response-suppress") == "all" or any(LOOP_NAME.match(name) for name in signals.headers):
        return True
    if "feedback-id" in signals.headers and (
        "x-csa-complaints" in signals.headers or "x-auto-response-suppress" in signals.headers
    ):
        return True
    if GENERATED_SUBJECT.match(signals.subject):
        return True
    return bool(MACHINE_LOCAL_PART.match(signals.local_part)) and not _is_contact_form(signals)


def _is_from_service(signals: Signals) -> bool:
    """What a program had sent to many, and not a form a person filled in or somebody's answer."""
    sent = any(name in signals.headers for name in SERVICE_HEADERS) and not signals.first("in-reply-to")
    return sent and bool(SERVICE_LOCAL_PART.match(signals.local_part)) and not _is_contact_form(signals)


def _is_contact_form(signals: Signals) -> bool:
    """A web form sends from no-reply and names the person who wrote in Reply-To, at another domain."""
    domain = signals.from_.address.rpartition("@")[2].lower() if signals.from_ else ""
    answers = [box.address for box in read_addresses(signals.first("reply-to"))]
    named = [address for address in answers if "@" in address and not address.endswith(domain)]
    return bool(named) and not any(MACHINE_LOCAL_PART.match(address.partition("@")[0]) for address in named)


RULES = (
    ("challenge", _is_challenge),
    ("auto_reply", _is_auto_reply),
    ("calendar", _is_calendar),
    ("list", _is_list),
    ("auto_generated", _is_auto_generated),
)
