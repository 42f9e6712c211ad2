"""A company of any size, the same in every run: for figures, and for what only shows at size.

    company = large_company(1_000)      # 1,000 extensions, 100 queues, 50 menus, 300 agents

Of the extensions three in ten are agents', the rest people's without skills and phones of places.
"""

from __future__ import annotations

import random

from cordboard.store.values import (
    Company,
    Did,
    Edge,
    Hours,
    Menu,
    Message,
    OpenTime,
    Person,
    Phone,
    Prompt,
    QueueSpec,
    RelaxStep,
    Retry,
    Skill,
    TargetKind,
    TargetRef,
    Trunk,
    VoicemailBox,
)

SEED = 22
SOUNDS = {"fr": ("hello-world",), "en": ("hello-world",)}
LANGUAGES = ("fr", "en")
WEEK = (OpenTime(days=(0, 1, 2, 3, 4), start=8 * 60, end=18 * 60), OpenTime(days=(5,), start=9 * 60, end=12 * 60))


def large_company(extensions: int) -> Company:
    """`extensions` at least 10; a tenth as many queues, a twentieth as many menus, three tenths as many agents."""
    chance = random.Random(SEED)
    agents, queues, menus = extensions * 3 // 10, extensions // 10, max(1, extensions // 20)
    skills = [f"skill-{number}" for number in range(max(2, extensions // 8))]  # some five agents to a queue
    width = len(str(extensions)) + 1
    numbers = iter(str(10**width + number) for number in range(10**width))
    people = [
        Person(
            id=f"agent-{number}",
            name=f"Agent Nº {number}",
            extension=next(numbers),
            skills={skill: chance.randint(1, 5) for skill in chance.sample(skills, 2)},
            voicemail=number % 3 == 0,
        )
        for number in range(agents)
    ]
    offices = (extensions - agents) * 6 // 7
    people += [
        Person(id=f"person-{number}", name=f"Zoé Person {number}", extension=next(numbers), voicemail=number % 2 == 0)
        for number in range(offices)
    ]
    phones = [
        Phone(id=f"place-{number}", name=f"Place {number}", extension=next(numbers))
        for number in range(extensions - agents - offices)
    ]
    return Company(
        id="large",
        name="Large",
        language="fr",
        country="FR",
        time_zone="Europe/Paris",
        skills={skill: Skill(id=skill, name=skill.title()) for skill in skills},
        people={person.id: person for person in people},
        phones={phone.id: phone for phone in phones},
        hours={"office": Hours(id="office", name="Office", time_zone="Europe/Paris", open=WEEK, holidays="FR")},
        prompts={"welcome": Prompt(id="welcome", sounds=SOUNDS)},
        messages={name: Message(id=name, name=name.title(), sounds=SOUNDS) for name in ("busy", "closed", "goodbye")},
        voicemails={"desk": VoicemailBox(id="desk", name="Desk")},
        queues={queue.id: queue for queue in (_queue(number, skills, next(numbers)) for number in range(queues))},
        menus={menu.id: menu for menu in (_menu(number, menus, queues) for number in range(menus))},
        dids={
            f"line-{number}": Did(
                id=f"line-{number}",
                number=f"+339{number:08}",
                name=f"Line {number}",
                language=LANGUAGES[number % 2],
                open=TargetRef(TargetKind.MENU, f"menu-{number}"),
                hours="office",
                closed=TargetRef(TargetKind.MESSAGE, "closed"),
            )
            for number in range(menus)
        },
        trunks={"carrier": Trunk(id="carrier", name="Carrier", addresses=("192.0.2.0/28",), to="sip:127.0.0.9:5090")},
    )


def _queue(number: int, skills: list[str], extension: str) -> QueueSpec:
    skill = skills[number % len(skills)]
    return QueueSpec(
        id=f"queue-{number}",
        name=f"Queue {number}",
        number=extension,
        skills={skill: 4},
        relax=(RelaxStep(after=20, skills={skill: 2}), RelaxStep(after=60, skills={skill: 1})),
        max_wait=120 + number % 60,
        max_waiting=20,
        wrap_up=10,
        announce_position=number % 2 == 0,
        when_full=TargetRef(TargetKind.MESSAGE, "busy"),
        when_late=TargetRef(TargetKind.VOICEMAIL, "desk"),
        when_empty=TargetRef(TargetKind.MESSAGE, "closed"),
    )


def _menu(number: int, menus: int, queues: int) -> Menu:
    keys = {str(key): TargetRef(TargetKind.QUEUE, f"queue-{(number * 2 + key) % queues}") for key in range(1, 7)}
    keys["8"] = TargetRef(TargetKind.MENU, f"menu-{(number + 1) % menus}")
    keys["9"] = TargetRef(TargetKind.REPEAT)
    leave = Retry(tries=2, then=Edge(TargetRef(TargetKind.MESSAGE, "goodbye")))
    return Menu(
        id=f"menu-{number}",
        name=f"Menu {number}",
        prompt="welcome",
        keys={key: Edge(target) for key, target in keys.items()},
        no_input=leave,
        wrong_input=leave,
    )
