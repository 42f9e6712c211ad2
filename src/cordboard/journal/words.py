"""A choice of agent in words, French or English: for terminals and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGLISH = {
    "chosen": "best ready agent",
    "chosen_after": "best ready agent, {idle} idle",
    "chosen_served_more_recently": "longest idle of the best ready agents",
    "chosen_served_more_calls": "fewest calls of the best ready agents",
    "chosen_after_in_line": "first in line of the best ready agents",
    "chosen_not_in_turn": "in turn among the best ready agents",
    "chosen_not_drawn": "drawn from the best ready agents",
    "chosen_rang_too": "first of the best ready agents to answer",
    "unreachable": "phone unreachable",
    "paused": "paused",
    "busy": "on a call",
    "wrapping_up": "in wrap-up",
    "not_yet": "not before {opens_after} s of waiting",
    "did_not_take_it": "did not take it",
    "less_skilled": "less skilled",
    "served_more_recently": "served more recently",
    "served_more_calls": "took more calls",
    "after_in_line": "later in line",
    "not_in_turn": "not in turn",
    "not_drawn": "not drawn",
    "rang_too": "rang too",
    "equal": "as good",
    "passed_over": "passed over",
}
FRENCH = {
    "chosen": "meilleur conseiller prêt",
    "chosen_after": "meilleur conseiller prêt, au repos depuis {idle}",
    "chosen_served_more_recently": "au repos depuis le plus longtemps parmi les meilleurs prêts",
    "chosen_served_more_calls": "le moins d'appels pris parmi les meilleurs prêts",
    "chosen_after_in_line": "premier de la file parmi les meilleurs prêts",
    "chosen_not_in_turn": "à son tour parmi les meilleurs prêts",
    "chosen_not_drawn": "tiré au sort parmi les meilleurs prêts",
    "chosen_rang_too": "premier des meilleurs prêts à répondre",
    "unreachable": "téléphone injoignable",
    "paused": "en pause",
    "busy": "en communication",
    "wrapping_up": "en post-appel",
    "not_yet": "pas avant {opens_after} s d'attente",
    "did_not_take_it": "n'a pas répondu",
    "less_skilled": "moins compétent",
    "served_more_recently": "servi plus récemment",
    "served_more_calls": "a pris plus d'appels",
    "after_in_line": "plus loin dans la file",
    "not_in_turn": "pas encore son tour",
    "not_drawn": "pas tiré au sort",
    "rang_too": "sonnait aussi",
    "equal": "aussi bon",
    "passed_over": "ignoré",
}


def why_in_words(why: Mapping[str, Any], language: str = "en") -> str:
    """`Choice.to_json()` as a sentence: `best ready agent; bruno, chloe less skilled`. Empty if there was no choice."""
    words = FRENCH if language == "fr" else ENGLISH
    candidates = list(why.get("candidates", ()))
    if not candidates:
        return ""
    reasons: dict[str, list[str]] = {}
    for candidate in candidates:
        if candidate["reason"] != "chosen":
            reasons.setdefault(_reason(words, candidate), []).append(str(candidate["agent"]))
    others = [f"{', '.join(agents)} {reason}" for reason, agents in reasons.items()]
    return "; ".join([_chosen(words, candidates), *others])


def _chosen(words: Mapping[str, str], candidates: list[Mapping[str, Any]]) -> str:
    for candidate in candidates:
        if (chosen := f"chosen_{candidate['reason']}") in words:
            return words[chosen]
    idle = next((candidate.get("idle") for candidate in candidates if candidate["reason"] == "chosen"), None)
    return words["chosen"] if idle is None else words["chosen_after"].format(idle=f"{idle:.0f} s")


def _reason(words: Mapping[str, str], candidate: Mapping[str, Any]) -> str:
    reason = str(candidate["reason"])
    if reason == "not_yet" and candidate.get("opens_after") is not None:
        return words[reason].format(opens_after=f"{candidate['opens_after']:.0f}")
    if reason == "not_yet":
        return words["less_skilled"]
    pause = f" ({candidate['pause']})" if candidate.get("pause") else ""
    return words.get(reason, reason) + pause
