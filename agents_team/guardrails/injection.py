"""Scores how much a message looks like orders to the model instead of a question to the helpdesk."""

import re
from dataclasses import dataclass

CONTAINED_FROM = 50

# What each phrase weighs. One weak phrase is a customer with an odd sentence; a strong one, or two, contains the run.
_PHRASES = (
    (60, r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}"
         r"\b(?:previous|prior|above|earlier|all|your|any|the)\b.{0,20}\b(?:instructions?|rules?|prompts?|guidelines?|polic(?:y|ies)|restrictions?|training)\b"),
    (60, r"\b(?:reveal|show|print|repeat|tell me|output|give me)\b.{0,20}\b(?:system|hidden|initial|secret|your)\b"
         r".{0,12}\b(?:prompt|instructions|rules)\b"),
    (60, r"\b(?:developer|debug|god|admin(?:istrator)?|root|jailbreak|DAN|unrestricted) mode\b|\bjailbr(?:eak|oken)\b"),
    (60, r"<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|<</?SYS>>"
    r"|(?:^|\n)[^\S\n]*+#{2,} ?(?:system|instruction)"),
    (60, r"(?:^|\n)[^\S\n]*+(?:system|developer|assistant) ?(?:message|prompt)?:"),
    (55, r"<<<|>>>|\bHELPDESK FACTS\b|\balready asked for:"),
    (50, r"\bdo anything now\b|\bno (?:longer )?(?:bound|restricted) by\b|\bwithout (?:any )?(?:restriction|approval)"),
    (50, r"\b(?:propose_\w+|transfer_to_\w+|list_charges|get_order|search_knowledge|withdraw_request)\b"),
    (40, r"\b(?:new|updated|real|following) (?:instructions?|rules?)(?: are)?:"),
    (35, r"\byou are (?:now|no longer) (?:a|an|the|in|my|not|acting|DAN)\b(?! pet| customer)"),
    (35, r"\b(?:pretend|act|behave|roleplay|role-play)\b.{0,15}\b(?:as if|as though|to be|as an?|like an?)\b"),
    (30, r"\b(?:you must|you have to|you will) (?:now )?(?:approve|refund|comply|obey|answer only|respond only)\b"),
    (30, r"\bI am (?:the|your|an?) (?:admin(?:istrator)?|developer|owner|supervisor|ceo|engineer)\b"),
    (25, r"\b(?:system prompt|prompt injection|language model|chatgpt|openai)\b"),
    (60, r"\b(?:ignorier|vergiss|missachte)\w*\b.{0,30}\b(?:anweisung|regel|vorgabe|instruktion)\w*"),
    (60, r"\b(?:ignore[zr]?|oublie[zr]?)\b.{0,30}\b(?:instructions|consignes|règles)\b"),
    (60, r"\b(?:ignora|olvida)\w*\b.{0,30}\b(?:instrucciones|reglas|istruzioni|regole)\b"),
    (40, "[\u200b\u2060\U000e0000-\U000e007f]{3,}"),
    (30, r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{120,}+={0,2}"),
)  # fmt: skip
_COMPILED = tuple((weight, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for weight, pattern in _PHRASES)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How suspicious the new messages are, 0 to 100, and the words that made them so."""

    score: int = 0
    words: tuple[str, ...] = ()

    @property
    def contained(self) -> bool:
        """Whether this run may only look and answer, and proposes nothing. The next message is judged afresh."""
        return self.score >= CONTAINED_FROM


def suspicion_of(text: str) -> Suspicion:
    """Judge the new messages only: one bad message must not spoil a ticket for good."""
    score, words = 0, []
    for weight, pattern in _COMPILED:
        found = pattern.search(text)
        if found:
            score += weight
            words.append(" ".join(found[0].split())[:80])
    return Suspicion(min(score, 100), tuple(words))
