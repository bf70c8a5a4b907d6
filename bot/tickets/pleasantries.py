"""Tells greetings and thanks from questions, in many languages: they need no ticket and no answer. Pure."""

import re
import unicodedata
from enum import StrEnum

LONGEST = 80
MENTION = re.compile(r"@[\w.-]+")
EMOJI = re.compile(r":[a-z0-9_+'-]{1,60}:")


class Pleasantry(StrEnum):
    """Something nice that asks for nothing."""

    GREETING = "greeting"
    THANKS = "thanks"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# One list for all languages: a word that is a greeting in one and a question in another is left out.
GREETINGS = _words(
    """hi hello hey heya hiya howdy yo greetings hallo moin servus hoi hej heisan hei hallå salut bonjour bonsoir coucou
    hola buenas ciao salve buongiorno buonasera olá ola oi bom cześć czesc hejka witam ahoj dobrý szia merhaba selam
    buenos guten gutentag goedemorgen goedendag godmorgon добрый доброе
    доброго привет здравствуйте здравствуй вітаю γεια مرحبا السلام שלום नमस्ते नमस्कार
    こんにちは こんばんは おはよう
    おはようございます 안녕하세요 안녕 你好 您好 大家好 早上好 morning afternoon evening goodmorning mornin gday"""
)
THANKS = _words(
    """thanks thank thx thnx ty tysm cheers danke dankeschön dankeschoen merci gracias grazie obrigado obrigada bedankt
    dank dankjewel tack takk tak kiitos dzięki dzieki dziękuję dziekuje díky diky děkuji dekuji köszönöm teşekkürler
    tesekkurler teşekkür sağol спасибо дякую благодаря ευχαριστώ شكرا شكراً תודה धन्यवाद ありがとう
    ありがとうございます ありがとうございました 감사합니다 고마워요 谢谢 谢谢你 多谢 謝謝 感谢"""
)
# Words that go along and change nothing. No "yes", "no" or number: those answer something.
FILLERS = _words(
    """a again all and any awesome beaucoup bene bien bunch buen buena buenos buenas bonne bună cool day dag dia dias
    días dear die everyone everybody folks for friend friends fürs gang good goed great group guten gut guys have
    helpdesk herzlichen bot i ihnen it its je journée jou jouw la lot lots mange many merveilleux mille million mil
    morgen molte most moc muchas mucho muy much muito na nice ok okay one och of perfect perfekt por pour por que quick
    schön so soo sooo super support tag tak team that thats that's the there this to tusen und very viel vielen vs w was
    week weekend well wonderful you u ya y'all your zusammen noche noches tarde
    tardes nachmittag abend evening afternoon morning noite boa bom voor veel lovely amazing excellent brilliant
    fantastic appreciated appreciate prima top génial parfait perfecto perfetto большое за bardzo za pomoc
    çok ederim ederiz много mycket så für à tous toutes toute équipe je wel mate mates ihre eure votre vous su tu de
    mesdames messieurs señores zusammen alle allemaal tutti todos todas amigos kollegen всем всё день утро вечер дня"""
)
# What people are thanked for; alone, or after a greeting, the same word asks for it.
GIFTS = _words(
    """help helping hilfe aide aiuto ayuda ajuda hulp hjälp hjælp pomoc помощь support answer antwort réponse respuesta
    risposta resposta reply info information update fast quick schnelle rapide rápida hjælpen hjälpen yardım"""
)


def pleasantry(text: str) -> Pleasantry | None:
    """What kind of pleasantry this is when it is nothing else; None for everything that may want an answer.

    A question mark, a digit, a link or any word we do not know makes it more than that.
    """
    plain = EMOJI.sub(" ", MENTION.sub(" ", unicodedata.normalize("NFKC", text)))
    if len(plain) > LONGEST or "?" in plain or "？" in plain or "://" in plain or any(map(str.isdigit, plain)):
        return None
    # Signs of other scripts are letters with marks; a word is whatever stands between spaces and punctuation.
    words = [word for word in re.split(r"[\s.,;:!¡·…~、。，！\-–—)(\"“”/|*_]+", plain.casefold()) if _is_word(word)]
    if any(word in THANKS for word in words):
        return Pleasantry.THANKS if all(word in GREETINGS | THANKS | FILLERS | GIFTS for word in words) else None
    if any(word not in GREETINGS | FILLERS for word in words):
        return None
    return Pleasantry.GREETING if any(word in GREETINGS for word in words) else None


def _is_word(text: str) -> bool:
    """Whether there is a letter in it: pictures and punctuation say nothing more."""
    return any(unicodedata.category(sign)[0] == "L" for sign in text)
