"""Everything a configuration is about, in the words of the trade, so that two of them can be compared. Pure.

    {"queue": {"acme-support": {"name": "Support", "max wait": "180 s", ...}}, "person": {...}, ...}

What is global on a switch is called by its switch name. Secrets appear as fingerprints, under the names in `SECRETS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from agi.flow.deciding import Case
from agi.flow.document import DAYS, Edge, Hours, Interval, Menu, Node, Play, Prompt, Retry, Schedule, start_node
from agi.flow.hearing import Hearing
from agi.flow.routing import RouteCase
from agi.flow.spoken import named, shown
from cordboard.provisioning.compiled_ways import display_name
from cordboard.provisioning.sources import Placement, Tenant
from cordboard.store.skills import penalties
from cordboard.store.values import Company, Person, Phone, QueueSpec, TargetRef, switch_name

Parameters = Mapping[str, str]
Inventory = Mapping[str, Mapping[str, Parameters]]

SECRETS = frozenset({"password", "PIN", "PIN of guests", "PIN of hosts"})
Item = tuple[str, str, Parameters]

_PARTS = {
    "barge_in": "barge-in",
    "deadline_seconds": "deadline",
    "not_found": "not found",
    "first_digit_seconds": "first key within",
    "inter_digit_seconds": "next key within",
    "no_input": "no input",
    "most_waiting": "most waiting",
    "pause_seconds": "pause",
    "ring_seconds": "ring",
    "schedule": "hours",
    "within_hours": "within",
    "longest_seconds": "longest",
    "silence_seconds": "silence",
    "keep_days": "kept for days",
    "wrong_input": "wrong input",
}
"""What is said of the parts of nodes in other words than their documents'."""


def inventory(tenants: Sequence[Tenant], placement: Placement | None) -> dict[str, dict[str, Parameters]]:
    """Kind -> name -> parameter -> value. Without a placement it is about the companies alone."""
    found: dict[str, dict[str, Parameters]] = {}
    for kind, name, parameters in _items(tenants, placement):
        found.setdefault(kind, {})[name] = {key: value for key, value in parameters.items() if value}
    return {kind: dict(sorted(found[kind].items())) for kind in sorted(found)}


def fingerprint(secret: str) -> str:
    """Tells that a secret changed, not what it is."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def _items(tenants: Sequence[Tenant], placement: Placement | None) -> Iterator[Item]:
    if placement is not None:
        yield from _switch(placement)
    for tenant in tenants:
        company = tenant.company
        yield "company", company.id, {"name": company.name, "language": company.language}
        yield from _people(company)
        yield from _phones(tenant)
        for queue in company.queues.values():
            yield from _queue(company, queue)
        yield from _numbers(tenant)
        yield from _flow(tenant)
        yield from _boxes(tenant)
        yield from _conferences(tenant)
        for message in company.messages.values():
            told = {"name": message.name, **_sounds(named(message.sounds))}
            yield "message", switch_name(company.id, message.id), told
        for trunk in company.trunks.values():
            header = ": ".join(trunk.header) if trunk.header else ""
            parameters = {
                "name": trunk.name,
                "from": ", ".join(trunk.addresses),
                "header": header,
                "to": trunk.to or "",
                **({"peer": "yes"} if trunk.is_peer else {}),
                "shows": trunk.shows or "",
            }
            yield "trunk", switch_name(company.id, trunk.id), parameters
        yield from _outside(company)
        for blocked in company.blocked:
            name = f"{blocked.number}{'...' if blocked.is_prefix else ''}"
            treatment = f"hears message {blocked.message}" if blocked.message else "hung up at once"
            yield "blocked caller", f"{company.id} {name}", {"treatment": treatment, "reason": blocked.reason}


def _switch(placement: Placement) -> Iterator[Item]:
    network = placement.network
    yield (
        "switch",
        placement.systemname,
        {
            "mode": str(placement.mode),
            "SIP": f"{network.sip_address}:{network.sip_port}",
            "media": f"{network.media_address}:{network.rtp_first}-{network.rtp_last}",
            "manager": f"{network.ami_address}:{network.ami_port}",
            "scripts": network.agi_folder or f"FastAGI {network.agi_address}:{network.agi_port}",
            "menu guard": _seconds(network.menu_guard_seconds),
            "route guard": _seconds(network.route_guard_seconds),
            "tones": placement.tone_zone,
        },
    )
    for account in (placement.run_account, placement.deploy_account):
        parameters = {"password": fingerprint(account.secret), "may come from": ", ".join(account.permit)}
        yield "manager account", account.username, parameters


# --- people and queues -----------------------------------------------------------------------------------------------


def _people(company: Company) -> Iterator[Item]:
    queues: dict[str, dict[str, str]] = {}
    for queue, ranks in penalties(company).items():
        for person_id, rank in ranks.items():
            queues.setdefault(person_id, {})[f"in queue {queue}"] = f"tier {rank.tier}, penalty {rank.penalty}"
    for person in company.people.values():
        skills = {f"skill {skill}": str(level) for skill, level in person.skills.items()}
        seats = queues.get(person.id, {})
        yield "person", switch_name(company.id, person.id), {"name": person.name, **skills, **seats}


def _phones(tenant: Tenant) -> Iterator[Item]:
    company = tenant.company
    boxes = {box.id for box in company.boxes()}
    for endpoint in company.endpoints():
        parameters = {
            "name": endpoint.name,
            "extension": endpoint.extension or "",
            "language": endpoint.language or company.language,
            "voicemail": "yes" if endpoint.id in boxes else "no",
            "password": fingerprint(tenant.sip_secrets.get(endpoint.id, "")),
            **_outgoing(company, endpoint),
        }
        yield "phone", switch_name(company.id, endpoint.id), parameters


def _outgoing(company: Company, endpoint: Person | Phone) -> Parameters:
    """What a phone may dial outside, and what is seen there."""
    if company.dials_out is None:
        return {}
    permission = company.permission_of(endpoint)
    return {"dials out": permission.id if permission else "", "shows": company.number_shown(endpoint) or ""}


def _outside(company: Company) -> Iterator[Item]:
    dialling = company.dials_out
    if dialling is None:
        return
    parameters = {
        "prefix": dialling.prefix,
        "trunks": ", ".join(trunk.id for trunk in company.ways_out()),
        "calls at once": str(dialling.most_calls),
    }
    yield "dialling out", company.id, parameters
    for permission in company.outgoing.values():
        parameters = {
            "name": permission.name,
            "national numbers": ", ".join(permission.national),
            "countries": "all" if permission.world else ", ".join(permission.countries),
            "prefixes": ", ".join(permission.prefixes),
            "never": ", ".join(permission.never),
            "calls at once": str(permission.most_calls),
            "longest call": _seconds(permission.longest),
        }
        yield "outgoing permission", switch_name(company.id, permission.id), parameters


def _queue(company: Company, queue: QueueSpec) -> Iterator[Item]:
    name = switch_name(company.id, queue.id)
    yield (
        "queue",
        name,
        {
            "name": queue.name,
            "extension": queue.number or "",
            "asks for": _levels(queue.skills),
            "strategy": queue.strategy.replace("_", " "),
            "ring": _seconds(queue.ring),
            "wrap-up": _seconds(queue.wrap_up),
            "missed before pause": str(queue.missed_limit or "no limit"),
            "max wait": _seconds(queue.max_wait),
            "max waiting": f"{queue.max_waiting} callers",
            "priority": str(queue.priority),
            "music": queue.music,
            "tells position": "yes" if queue.announce_position else "no",
            "when full": _place(queue.when_full),
            "when late": _place(queue.when_late),
            "when empty": _place(queue.when_empty),
        },
    )
    if queue.relax:
        yield "relaxation", name, {f"after {step.after} s": _levels(step.skills) or "anybody" for step in queue.relax}


def _boxes(tenant: Tenant) -> Iterator[Item]:
    for box in tenant.company.boxes():
        parameters = {
            "name": box.name,
            "email": box.email,
            "language": box.language or "",
            "PIN": _print_of(tenant.pins, box.id),
        }
        yield "voicemail box", switch_name(tenant.company.id, box.id), parameters


def _conferences(tenant: Tenant) -> Iterator[Item]:
    for conference in tenant.company.conferences.values():
        parameters = {
            "name": conference.name,
            "extension": conference.number or "",
            "most members": str(conference.most_members),
            "waits for a host": _yes_or_no(conference.wait_for_host),
            "tells who comes": _yes_or_no(conference.announce),
            "guests muted": _yes_or_no(conference.muted),
            "PIN of guests": _print_of(tenant.guest_pins, conference.id),
            "PIN of hosts": _print_of(tenant.host_pins, conference.id),
        }
        yield "conference", switch_name(tenant.company.id, conference.id), parameters


def _print_of(secrets: Mapping[str, str], owner: str) -> str:
    return fingerprint(secrets[owner]) if owner in secrets else ""


# --- the way of a call -----------------------------------------------------------------------------------------------


def _numbers(tenant: Tenant) -> Iterator[Item]:
    company, flow = tenant.company, tenant.flow
    for did in company.dids.values():
        parameters = {"number": did.number, "name": did.name, "language": did.language}
        yield "DID", switch_name(company.id, did.id), {**parameters, **_start(flow.nodes.get(start_node(did.id)))}
    for node in flow.nodes.values():
        did_id = node.id.removeprefix(start_node(""))
        if did_id != node.id and did_id not in company.dids:
            # The menus are of another time than the company, which has the number no more, or not yet.
            yield "DID", switch_name(company.id, did_id), _start(node)


def _start(node: Node | None) -> Parameters:
    """What callers of a number meet first."""
    match node:
        case Hours():
            return {"hours": node.schedule, "open": _edge(node.open), "closed": _edge(node.closed)}
        case Play():
            return {"plays": node.prompt or "", "leads to": _edge(node.then)}
        case Node():
            return {"leads to": f"{node.kind} {node.id}"}
        case None:
            return {}


def _flow(tenant: Tenant) -> Iterator[Item]:
    company, flow = tenant.company, tenant.flow
    for node in flow.nodes.values():
        if node.id.startswith(start_node("")):
            continue  # told with its number
        name = switch_name(company.id, node.id)
        match node:
            case Menu():
                yield "menu", name, {"name": display_name(company, node.id), **_menu(node)}
            case Hours():
                yield "opening", name, _start(node)
            case Play(prompt=None):
                # A step that uses a part: it plays nothing, and leads into that.
                yield "step", name, {"name": display_name(company, node.id), "leads to": _edge(node.then)}
            case Play():
                yield "announcement", name, _start(node)
            case _:
                yield "step", name, {"name": display_name(company, node.id), "kind": node.kind, **_step(node)}
    for schedule in flow.schedules.values():
        yield "hours", switch_name(company.id, schedule.id), _schedule(schedule)
    for prompt, sounds in flow.prompts.items():
        stops = {"barge-in": _yes_or_no(flow.lets_stop(prompt))}
        yield "prompt", switch_name(company.id, prompt), stops | _sounds(sounds)


def _menu(menu: Menu) -> Parameters:
    return {
        "prompt": menu.prompt or "",
        "language": menu.language or "",
        "barge-in": _yes_or_no(menu.barge_in),
        "first key within": _seconds(menu.first_digit_seconds),
        "next key within": _seconds(menu.inter_digit_seconds),
        **{f"key {keys}": _edge(edge) for keys, edge in sorted(menu.keys.items())},
        **(_hearing(menu.speech) if menu.speech is not None else {}),
        "no input": _retry(menu.no_input),
        "wrong input": _retry(menu.wrong_input),
    }


def _hearing(hearing: Hearing) -> Parameters:
    said = (
        f"{key} {language}: {', '.join(phrases)}"
        for key, spoken in sorted(hearing.words.items())
        for language, phrases in spoken.items()
    )
    return {"may be said": "; ".join(said), "understood with": f"{hearing.least} %"}


def _step(node: Node) -> Parameters:
    """The parts of any node, as its document calls them."""
    parts = {name: getattr(node, name) for name, form in node.forms() if form.is_written(getattr(node, name))}
    return {_PARTS.get(name, name): _part(part) for name, part in parts.items()}


def _part(value: object) -> str:
    match value:
        case Edge():
            return _edge(value)
        case Retry():
            return _retry(value)
        case bool():
            return _yes_or_no(value)
        case float():
            return _seconds(value)
        case Mapping():
            return ", ".join(f"{name} {_part(each)}" for name, each in value.items())
        case Case():
            held = [*value.values, *(f"{prefix}..." for prefix in value.prefixes)]
            return f"{' or '.join(held)}: {_edge(value.then)}"
        case RouteCase():
            begins = ((name, [f"{each}..." for each in texts]) for name, texts in value.prefixes.items())
            tests = (f"{name} {' or '.join(texts)}" for name, texts in (*value.values.items(), *begins))
            wanted = [value.queue, None if value.wish.priority is None else f"priority {value.wish.priority}"]
            told = [each for each in (*wanted, _levels(value.wish.skills)) if each]
            return f"{' and '.join(tests)}: {', '.join(told)}"
        case tuple():
            return ", ".join(map(_part, value))
        case _:
            return "" if value is None else str(value)


def _yes_or_no(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _retry(retry: Retry) -> str:
    hint = f", says {retry.prompt}" if retry.prompt else ""
    return f"{retry.tries} times{hint}, then {_edge(retry.then)}"


def _edge(edge: Edge) -> str:
    return f"{edge.target} in {edge.language}" if edge.language else str(edge.target)


def _place(target: TargetRef) -> str:
    return f"{target.kind} {target.id}".strip()


def _schedule(schedule: Schedule) -> Parameters:
    open_at: dict[str, list[str]] = {}
    for interval in schedule.weekly:
        for day in interval.days:
            open_at.setdefault(day, []).append(_interval(interval))
    days = {day: " and ".join(sorted(open_at[day])) for day in DAYS if day in open_at}
    closed = ", ".join(day.isoformat() for day in sorted(schedule.closed_dates))
    return {"time zone": schedule.time_zone, **days, "closed on": closed}


def _interval(interval: Interval) -> str:
    end = f"{interval.end:%H:%M}"
    return f"{interval.start:%H:%M}-{'24:00' if end == '00:00' else end}"


def _sounds(prompt: Prompt) -> dict[str, str]:
    return {f"in {language}": " ".join(map(shown, sounds)) for language, sounds in prompt.items()}


def _levels(levels: Mapping[str, int]) -> str:
    return ", ".join(f"{skill} {level}" for skill, level in sorted(levels.items()))


def _seconds(value: float) -> str:
    return f"{value:g} s"
