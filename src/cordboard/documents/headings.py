"""The lines that an export writes of its own accord: they are not its author's, and an import keeps none of them."""

import re

BEGIN = "# The company file of {id}; the guide to the company file explains every key.\n"
END = "# The end of the company file"
HEADINGS = {
    "company": "What callers hear and which clock counts, unless something says otherwise",
    "sites": "Places",
    "skills": "What people are good at",
    "people": "People and their phones; levels of skills go from 1 to 5, 5 is best",
    "phones": "Phones of a place rather than of somebody",
    "hours": "Opening hours",
    "prompts": "What menus play, by language",
    "messages": "What is played before the end of a call",
    "voicemails": "Boxes shared by several people",
    "conferences": "Rooms where several people talk to each other; who comes in types a PIN",
    "pauses": "Why somebody who is logged in takes no calls",
    "queues": "Queues; durations are seconds, relax lowers what is asked for while a caller waits",
    "menus": "Menus: what is pressed and where it leads",
    "steps": "Steps between menus: languages, digits, announcements, hours, conditions",
    "dids": "Numbers of the public network and where their callers go",
    "trunks": "Ways to and from the public network",
    "outgoing": "What people and phones may dial outside, if they have it",
    "dialling": "How phones dial out",
    "blocked": "Callers who are not let in",
    "secrets": "Passwords and PINs: keep this file where nobody reads it",
}

_OURS = frozenset(f" {heading}" for heading in HEADINGS.values()) | {END.removeprefix("#")}
_BEGINS = re.compile(re.escape(BEGIN.removeprefix("#").rstrip("\n")).replace(re.escape("{id}"), "[a-z0-9]+"))


def is_ours(line: str) -> bool:
    """Is this, behind its `#`, a line that an export wrote between sections?"""
    return line in _OURS or _BEGINS.fullmatch(line) is not None
