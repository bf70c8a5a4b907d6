"""Absence notes that no header gives away: a telling subject and a first-person note below it must agree."""

import re

# Whole subjects that only programs write: Notes' "AUTO: Ann Lee is out of the office (returning 05/06/2024)".
SURE_SUBJECT = re.compile(
    r"^\s*auto:\s.{2,80}\(.{2,60}\d.{0,40}\)\s*$"
    r"|\((?:automatic|auto|automated)[\s-]?(?:response|reply|responder)\)\s*$",
    re.IGNORECASE,
)
# Words of absence. As a subject they stand alone, after a name, or before ":" or "Re:".
_AWAY = r"""out\s(?:of\s|from\s)?(?:the\s|my\s)?office
    |on\s(?:annual\s|parental\s|maternity\s|sick\s)?(?:vacation|leave|holidays?)
    |away(?:\sfrom\s(?:my|the)\s(?:mail|e-?mail|office|desk|computer))?|vacation|annual\sleave|ooo
    |(?:nicht\sim|außer)\s(?:büro|haus)e?|im\surlaub|in\surlaub|auf\sdienstreise|abwesend|abwesenheit|in\selternzeit
    |absente?(?:\(e\))?(?:\sdu\sbureau)?|en\s(?:congés?|vacances)|hors\sdu\sbureau|absence
    |fuera\sde\s(?:la\s)?oficina|de\svacaciones|ausente|fuori\s(?:sede|ufficio)|in\sferie|in\svacanza|assente|assenza
    |aus[êe]ncia(?:\stempor[áa]ria)?|de\sférias|fora\sdo\sescrit[óo]rio|afwezig|op\svakantie|met\sverlof|niet\sop\skantoor
    |på\s(?:ferie|semester|barsel)|ikke\spå\skontoret|inte\spå\skontoret|frånvarande|fraværende|lomalla|poissa
    |(?:na\s)?urlop(?:ie)?|poza\sbiurem|nieobecn\w+|na\sdovolené|mimo\skancelář|na\sdovolenke|szabadságon
    |в\sотпуске|вне\sофиса|отсутству\w+|у\sвідпустці|izinde(?:yim)?|ofis\sdışında|σε\sάδεια|εκτός\sγραφείου|în\sconcediu
    |休暇|不在|休假|外出|출장|휴가|부재"""
SUBJECT = re.compile(
    rf"^\W*(?:(?:I(?:'|\s)a?m|I\swill\sbe|ich\sbin|je\s(?:suis|serai)|estoy|estaré|sono|estou|ik\sben|jeg\ser|jag\s[äa]r)\s)?"
    rf"(?:{_AWAY})[^:?]{{0,40}}(?:[:：\]]|$|(?=\s(?:re|aw|sv|vs|antw|odp|fwd?)\s?:))|^[^\d:?]{{3,60}}\s(?:is|ist|est|está|è|is\scurrently)\s"
    rf"(?:{_AWAY})[^:?]{{0,40}}$",
    re.IGNORECASE | re.VERBOSE,
)
# The writer says that they are away themselves …
NOTE = re.compile(
    rf"(?:\bI(?:'m|\sam|\s?will\sbe|\sshall\sbe)|\bwe\sare|\bich\s(?:bin|werde|befinde)|\bje\s(?:suis|serai)|\bestoy|\bestaré"
    rf"|\bsono|\bsarò|\bestou|\bestarei|\bik\sben|\bjeg\ser|\bjag\s(?:är|har)|\bolen|\bjestem|\bbędę|\bjsem|\bsom|\bя|\bben|\bείμαι)"
    rf"\b(?:[^.!?\n]|(?<=\d)\.){{0,80}}(?:{_AWAY})|^\W{{0,10}}(?:currently\s)?(?:{_AWAY})"
    r"|will\snot\sbe\sreading\smy\smail|休暇|不在|休假|外出|출장|휴가|부재",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
# … and when they will be back, or who answers instead.
PROMISE = re.compile(
    r"""\b(?:for\sa\swhile|from\s.{1,30}\s(?:to|through)|du\s\d.{1,25}\sau\s\d+|del?\s\d.{1,25}\sal?\s\d+|od\s\d.{1,25}\sdo\s\d+
    |until|till|returning|will\sreturn|return\s(?:on|to)|i\sreturn|back\s(?:on|in|at)|upon\smy\sreturn|on\smy\sreturn
    |will\s(?:answer|reply|respond|get\sback|be\sread)|limited\saccess|no\saccess|urgent|not\sbe\sforwarded|emergency
    |bis(?:\szum)?|ab\s(?:dem|\d)|kehre|zurück|wieder\s(?:im|da|erreichbar)|weitergeleitet|dringende?n?|vertret\w+
    |jusqu'au|retour|répondrai|urgence|hasta|regreso|regresar\w*|responderé|urgente|urgenza|fino\sal?|rientro|risponder[òo]
    |até|regresso|retorno|responderei|tot(?:\sen\smet)?|terug|dringend|indtil|tilbage|tilbake|fram\still|tillbaka|asti|palaan
    |do\s\d|powro\w+|odpowiem|pilnych|vrátím|návrat\w*|sürgős|vissza|до\s\d|вернусь|возвращени\w+|отвечу|повернусь|kadar|dön\w+
    |μέχρι|επιστρ\w+|până|revin)\b|まで|戻|至|返回|까지|복귀""",
    re.IGNORECASE | re.VERBOSE,
)
# A wish or a question is for a reader, whoever is away.
WISH = re.compile(
    r"[?？]|\b(?:please|pls|can\syou|could\syou|bitte|könnten\ssie|svp|s'il\svous\spla[iî]t|pouvez|por\sfavor|puede[ns]?"
    r"|per\sfavore|potete|può|alstublieft|kunt\su|kunnen\sjullie|vær\svenlig|proszę|prosím|пожалуйста|lütfen)\b",
    re.IGNORECASE,
)
# "Please contact Bob in urgent cases" is no wish to us.
REFERRAL = re.compile(
    r"[^.!?\n]{0,80}\b(?:contact|call|reach|write\sto|e-?mail|turn\sto|wenden\ssie|kontaktieren|rufen|contacter|appeler|adresse[rz]"
    r"|contact[ae]r?|llam\w+|contattare|rivolg\w+|contat[ae]r?|bel|mail|neem\scontact|kontakt\w*|обра[щт]\w+)\b[^.!?\n]{0,160}",
    re.IGNORECASE,
)
READ_CHARS = 1200


def is_absence_note(subject: str, text: str) -> bool:
    """True for a note that only says its writer is away; `text` is what the mail itself says, without quotations.

    A customer who mentions a holiday asks for something, or writes below a subject about something else.
    """
    if SURE_SUBJECT.search(subject[:300]):
        return True
    text = text[:READ_CHARS].replace("\u2019", "'")
    if not SUBJECT.match(subject[:300].replace("\u2019", "'")) or not (NOTE.search(text) and PROMISE.search(text)):
        return False
    return not WISH.search(REFERRAL.sub(" ", text))
