"""What changes in a company from day to day, drawn by chance: names, skills, hours, menus, queues, trunks, endpoints.

Nothing drawn here takes a caller's queue or an agent's place away: such a change is refused by the plan, rightly.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
Edit = Callable[[random.Random, Document], None]
MOST_EXTRA = 5
STANDING = ("talk", "late", "later", "brief")


def _label(chance: random.Random) -> str:
    return f"{chance.choice(('Nord', 'Été', 'O’Neill', 'Quay', 'Łódź'))} {chance.randrange(10**6)}"


def _number(chance: random.Random, document: Document) -> str:
    taken = {each.get("extension") for part in ("people", "phones") for each in document.get(part, {}).values()}
    return next(number for number in iter(lambda: str(chance.randrange(4000, 9000)), "") if number not in taken)


def rename_queue(chance: random.Random, document: Document) -> None:
    document["queues"][chance.choice(STANDING)]["name"] = _label(chance)


def rename_person(chance: random.Random, document: Document) -> None:
    document["people"][chance.choice(sorted(document["people"]))]["name"] = _label(chance)


def change_skill(chance: random.Random, document: Document) -> None:
    skills = document["people"][chance.choice(sorted(document["people"]))].setdefault("skills", {})
    skills["other"] = chance.choice([level for level in range(1, 6) if level != skills.get("other")])


def change_hours(chance: random.Random, document: Document) -> None:
    document["hours"]["office"]["open"] = [
        {"days": "mon-fri", "from": f"{chance.randrange(6, 11):02}:{chance.randrange(60):02}", "to": "18:00"}
    ]
    document["hours"]["office"]["closed"] = [f"2026-12-{chance.randrange(1, 32):02}"]
    document["dids"]["+33199000002"] = {
        "id": "office", "name": "Office", "hours": "office", "open": {"menu": "main"}, "closed": {"message": "bye"},
    }  # fmt: skip


def change_menu(chance: random.Random, document: Document) -> None:
    menu = document["menus"]["main"]
    menu["keys"]["7"] = chance.choice(({"message": "bye"}, {"queue": "brief"}, {"voicemail": "box"}, {"person": "b01"}))
    menu["inter_digit"] = chance.choice((1, 2, 3, 4))
    menu["first_digit"] = chance.randrange(45, 61)


def change_prompt(chance: random.Random, document: Document) -> None:
    document["prompts"]["welcome"]["en"] = ["hello", f"digits/{chance.randrange(1, 10)}"]


def change_queue(chance: random.Random, document: Document) -> None:
    queue = document["queues"][chance.choice(STANDING)]
    queue["max_wait"] = chance.randrange(7000, 7201)
    queue["max_waiting"] = chance.randrange(500, 1001)
    queue["ring"] = chance.randrange(15, 30)
    queue["priority"] = chance.randrange(0, 5)


def change_strategy(chance: random.Random, document: Document) -> None:
    """To and from linear only where nobody waits: an extra queue."""
    extra = [name for name in document["queues"] if name.startswith("extra-")]
    if extra and chance.random() < 0.5:
        document["queues"][chance.choice(sorted(extra))]["strategy"] = chance.choice(("linear", "round_robin"))
    else:
        queue = document["queues"][chance.choice(STANDING)]
        queue["strategy"] = chance.choice(("longest_idle", "fewest_calls", "round_robin", "random"))


def add_queue(chance: random.Random, document: Document) -> None:
    """An empty queue; beyond a few one goes for it, since nobody may be a member of more than ten."""
    extra = sorted(name for name in document["queues"] if name.startswith("extra-"))
    if len(extra) >= MOST_EXTRA:
        del document["queues"][chance.choice(extra)]
    end = {"message": "bye"}
    document["queues"][f"extra-{chance.randrange(10**6)}"] = {
        "name": _label(chance), "skills": {"other": chance.randrange(1, 4)}, "max_wait": chance.randrange(60, 600),
        "when_late": end, "when_full": end, "when_empty": end,
    }  # fmt: skip


def remove_queue(chance: random.Random, document: Document) -> None:
    extra = sorted(name for name in document["queues"] if name.startswith("extra-"))
    if len(extra) < 2:
        add_queue(chance, document)
    else:
        del document["queues"][chance.choice(extra)]


def change_trunks(chance: random.Random, document: Document) -> None:
    others = sorted(name for name in document["trunks"] if name != "carrier")
    if len(others) > 2:
        del document["trunks"][chance.choice(others)]
    name = f"trunk-{chance.randrange(10**6)}"
    document["trunks"][name] = {"name": _label(chance), "header": {"name": "X-Trunk", "value": name}}


def change_endpoints(chance: random.Random, document: Document) -> None:
    phones = document.setdefault("phones", {})
    if len(phones) > 3:
        del phones[chance.choice(sorted(phones))]
    phones[f"desk-{chance.randrange(10**6)}"] = {"name": _label(chance), "extension": _number(chance, document)}


def change_people(chance: random.Random, document: Document) -> None:
    people = document["people"]
    new = sorted(name for name in people if name.startswith("new-"))
    if len(new) > 3:
        del people[chance.choice(new)]
    people[f"new-{chance.randrange(10**6)}"] = {
        "name": _label(chance), "extension": _number(chance, document), "voicemail": chance.random() < 0.5,
    }  # fmt: skip


def change_boxes(chance: random.Random, document: Document) -> None:
    document["voicemails"]["box"]["name"] = _label(chance)
    document["voicemails"]["box"]["email"] = f"box{chance.randrange(1000)}@full.example"


def change_blocked(chance: random.Random, document: Document) -> None:
    document["blocked"] = [{"number": f"+3389{chance.randrange(10**7):07}", "reason": _label(chance)}]


EDITS: dict[str, Edit] = {
    "queue renamed": rename_queue,
    "person renamed": rename_person,
    "skill changed": change_skill,
    "hours changed": change_hours,
    "menu changed": change_menu,
    "prompt changed": change_prompt,
    "queue's limits changed": change_queue,
    "queue's strategy changed": change_strategy,
    "queue added": add_queue,
    "queue removed": remove_queue,
    "trunks changed": change_trunks,
    "endpoints changed": change_endpoints,
    "people came and went": change_people,
    "box changed": change_boxes,
    "blocked caller": change_blocked,
}


def everything(chance: random.Random, document: Document) -> None:
    """One change for each module that is reloaded: phones, queues, boxes, dialplan."""
    for edit in (rename_person, change_queue, change_boxes, rename_queue, change_menu):
        edit(chance, document)
    document["queues"]["talk"]["wrap_up"] = 1 - document["queues"]["talk"].get("wrap_up", 0)
    document["people"]["t01"]["name"] = _label(chance)
