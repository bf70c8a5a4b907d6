"""Guesses the language of a short message from its small words."""

import re

_SMALL_WORDS = {
    "en": """the is are my i you and to of for it have has was where what how please can with this that not when order
        a an me we do does did want need would like tell show why who hello hi hey thanks thank yes there been still""",
    "de": """der die das ist ich und nicht mein meine meiner wo wie bitte habe für mit ein eine einen einem zu von auf
        wann kann möchte mir mich sie wurde warum hallo danke guten tag bestellung geld""",
    "fr": """le la les est je et pas mon ma mes où comment bonjour avec un une pour de vous ai quand puis veux voudrais
        merci salut beaucoup été pourquoi votre commande j'ai s'il""",
    "es": """el la los es yo y no mi mis dónde cómo por favor con un una para de tengo cuándo puedo quiero me qué
        hola gracias buenos buenas está pedido dinero""",
    "it": """il lo la è io e non mio mia miei dove come per favore con un una di ho quando posso vorrei voglio
        grazie ciao buongiorno ordine soldi""",
    "pt": """os as é eu e não meu minha onde como por favor com um uma de tenho quando posso quero gostaria
        obrigado obrigada olá está pedido""",
    "nl": """het een is ik en niet mijn waar hoe alstublieft met voor van heb wanneer kan wil graag
        hallo hoi bedankt dank bestelling geld""",
}
_WORDS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_SCRIPTS = (("ja", "[\u3040-\u30ff]"), ("zh", "[\u4e00-\u9fff]"), ("ru", "[\u0400-\u04ff]"), ("ar", "[\u0600-\u06ff]"))


def guess_language(text: str) -> str:
    """A two-letter code; "en" when there is nothing to go by."""
    for language, script in _SCRIPTS:
        if re.search(script, text):
            return language
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.lower())
    counts = {language: sum(word in small for word in words) for language, small in _WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > counts["en"] else "en"
