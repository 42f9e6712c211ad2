"""Values that people and machines hurt a configuration with, and companies made of them."""

from __future__ import annotations

from dataclasses import replace

from dialplan_templates.views import CompanyView, TrunkView

PAYLOADS = (
    "a;b",
    ";",
    "a;--b",
    ";--",
    "--;",
    "[general]",
    "[evil](!)",
    "x](a)",
    "${SHELL(id)}",
    "$[1/0]",
    "`id`",
    "$(id)",
    "a\nexten => evil,1,System(id)",
    "a\r\n[evil]",
    "\x00",
    "\x1b[31m",
    'a"b',
    "'; DROP",
    'x" <911>',
    "<sip:evil@example.org>",
    "> lead",
    ">",
    "=> x",
    "= x",
    "Lee, Ann",
    "a|b",
    "a&b",
    "a\\",
    "\\;",
    "\\\\;x",
    "\\n",
    "#include /etc/passwd",
    "#exec id",
    "_X.",
    "same => n,System(id)",
    "../../etc/passwd",
    "%s%n",
    "\u202egnp",
    "\u200bzero",
    "e\u0301te\u0301",
    "é" * 39,
    "é" * 40,
    "x" * 79,
    "x" * 80,
    "x" * 65536,
    "\u2028",
    "\x85",
    "\ud800",
    " lead and trail ",
    "\ttab",
    "👩\u200d💻",
    "名前",
    "",
)


def named(company: CompanyView, name: str) -> CompanyView:
    """The company in which everything that has display text is called `name`."""
    outgoing = company.outgoing
    assert outgoing is not None
    return replace(
        company,
        name=name,
        phones=tuple(replace(phone, name=name) for phone in company.phones),
        voicemails=tuple(replace(box, name=name) for box in company.voicemails),
        musics=tuple(replace(music, name=name) for music in company.musics),
        queues=tuple(replace(queue, name=name) for queue in company.queues),
        dids=tuple(replace(did, name=name) for did in company.dids),
        hours=tuple(replace(hours, name=name) for hours in company.hours),
        menus=tuple(replace(menu, name=name) for menu in company.menus),
        plays=tuple(replace(play, name=name) for play in company.plays),
        messages=tuple(replace(message, name=name) for message in company.messages),
        trunks=tuple(replace(trunk, name=name) for trunk in company.trunks),
        outgoing=replace(
            outgoing, permissions=tuple(replace(permission, name=name) for permission in outgoing.permissions)
        ),
    )


def poisoned(company: CompanyView, value: str) -> list[CompanyView]:
    """Companies in which one value that is no display text is `value`, one company for each kind of value."""
    phone, box, queue, did = company.phones[0], company.voicemails[0], company.queues[0], company.dids[0]
    hours, menu, message = company.hours[0], company.menus[0], company.messages[0]
    trunk, music, blocked = company.trunks[0], company.musics[0], company.blocked[0]
    assert company.outgoing is not None
    outgoing, permission = company.outgoing, company.outgoing.permissions[0]
    return [
        replace(company, id=value),
        replace(company, language=value),
        *(
            replace(company, phones=(each, *company.phones[1:]))
            for each in (
                replace(phone, id=value),
                replace(phone, number=value),
                replace(phone, secret=value),
                replace(phone, language=value),
                replace(phone, mailbox=value),
            )
        ),
        *(
            replace(company, voicemails=(each, *company.voicemails[1:]))
            for each in (
                replace(box, id=value),
                replace(box, pin=value or "x"),
                replace(box, email=value or "x"),
                replace(box, language=value),
            )
        ),
        *(
            replace(company, queues=(each, *company.queues[1:]))
            for each in (
                replace(queue, id=value),
                replace(queue, number=value),
                replace(queue, music=value),
                replace(queue, when_late=replace(queue.when_late, id=value)),
            )
        ),
        *(
            replace(company, dids=(each, *company.dids[1:]))
            for each in (replace(did, id=value), replace(did, number=value), replace(did, language=value))
        ),
        replace(company, hours=(replace(hours, id=value),)),
        replace(company, hours=(replace(hours, time_zone=value),)),
        *(
            replace(company, menus=(each, *company.menus[1:]))
            for each in (
                replace(menu, id=value),
                replace(menu, language=value),
                replace(menu, prompt={"fr": (value,)}),
                replace(menu, prompt={value: ("beep",)}),
                replace(menu, keys=(replace(menu.keys[0], keys=value), *menu.keys[1:])),
            )
        ),
        replace(company, messages=(replace(message, id=value), *company.messages[1:])),
        replace(company, messages=(replace(message, sounds={"fr": (value,)}), *company.messages[1:])),
        *(
            replace(company, trunks=(each, *company.trunks[1:]))
            for each in (
                replace(trunk, id=value),
                replace(trunk, match=(value,)),
                replace(trunk, contact=value or "x"),
                TrunkView(id=trunk.id, name="x", match_header=(value, "x"), contact=trunk.contact),
                TrunkView(id=trunk.id, name="x", match_header=("X", value), contact=trunk.contact),
            )
        ),
        *(
            replace(company, outgoing=each)
            for each in (
                replace(outgoing, prefix=value or "x"),
                replace(outgoing, dialled=(replace(outgoing.dialled[0], pattern=value),)),
                replace(outgoing, dialled=(replace(outgoing.dialled[0], put=value or "x"),)),
                replace(outgoing, short=(value,)),
                replace(outgoing, help=(value,)),
                replace(outgoing, trunks=(value,)),
                *(
                    replace(outgoing, permissions=(each, *outgoing.permissions[1:]))
                    for each in (
                        replace(permission, id=value),
                        replace(permission, numbers=(value,)),
                        replace(permission, prefixes=(value,)),
                        replace(permission, never=(value,)),
                    )
                ),
            )
        ),
        replace(company, phones=(replace(phone, shows=value), *company.phones[1:])),
        replace(company, phones=(replace(phone, permission=value), *company.phones[1:])),
        replace(company, trunks=(replace(trunk, shows=value), *company.trunks[1:])),
        replace(company, musics=(replace(music, id=value),)),
        replace(company, musics=(replace(music, directory=value),)),
        replace(company, blocked=(replace(blocked, number=value),)),
    ]
