"""Everything a configuration is about, in the words of the trade, so that two of them can be compared. Pure.

    {"queue": {"acme-support": {"name": "Support", "max wait": "180 s", ...}}, "person": {...}, ...}

What is global on a switch is called by its switch name. Secrets appear as fingerprints, under the names in `SECRETS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from agi.flow.document import DAYS, Hours, Interval, Menu, Play, Prompt, Schedule, start_node
from agi.flow.spoken import named, shown
from cordboard.provisioning.compiled_ways import display_name
from cordboard.provisioning.node_words import NodeWords, Parameters, levels, seconds, yes_or_no
from cordboard.provisioning.sources import Placement, Tenant
from cordboard.store.skills import penalties
from cordboard.store.values import Company, Person, Phone, QueueSpec, switch_name

__all__ = ["SECRETS", "Inventory", "Parameters", "fingerprint", "inventory"]

Inventory = Mapping[str, Mapping[str, Parameters]]

SECRETS = frozenset({"password", "PIN", "PIN of guests", "PIN of hosts"})
Item = tuple[str, str, Parameters]


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
            "menu guard": seconds(network.menu_guard_seconds),
            "route guard": seconds(network.route_guard_seconds),
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
            "longest call": seconds(permission.longest),
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
            "asks for": levels(queue.skills),
            "strategy": queue.strategy.replace("_", " "),
            "ring": seconds(queue.ring),
            "wrap-up": seconds(queue.wrap_up),
            "missed before pause": str(queue.missed_limit or "no limit"),
            "max wait": seconds(queue.max_wait),
            "max waiting": f"{queue.max_waiting} callers",
            "priority": str(queue.priority),
            "music": queue.music,
            "tells position": "yes" if queue.announce_position else "no",
            "when full": company.place_words(queue.when_full.kind, queue.when_full.id),
            "when late": company.place_words(queue.when_late.kind, queue.when_late.id),
            "when empty": company.place_words(queue.when_empty.kind, queue.when_empty.id),
        },
    )
    if queue.relax:
        yield "relaxation", name, {f"after {step.after} s": levels(step.skills) or "anybody" for step in queue.relax}


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
            "waits for a host": yes_or_no(conference.wait_for_host),
            "tells who comes": yes_or_no(conference.announce),
            "guests muted": yes_or_no(conference.muted),
            "PIN of guests": _print_of(tenant.guest_pins, conference.id),
            "PIN of hosts": _print_of(tenant.host_pins, conference.id),
        }
        yield "conference", switch_name(tenant.company.id, conference.id), parameters


def _print_of(secrets: Mapping[str, str], owner: str) -> str:
    return fingerprint(secrets[owner]) if owner in secrets else ""


# --- the way of a call -----------------------------------------------------------------------------------------------


def _numbers(tenant: Tenant) -> Iterator[Item]:
    company, flow, words = tenant.company, tenant.flow, NodeWords(tenant.company)
    for did in company.dids.values():
        parameters = {"number": did.number, "name": did.name, "language": did.language}
        yield "DID", switch_name(company.id, did.id), {**parameters, **words.start(flow.nodes.get(start_node(did.id)))}
    for node in flow.nodes.values():
        did_id = node.id.removeprefix(start_node(""))
        if did_id != node.id and did_id not in company.dids:
            # The menus are of another time than the company, which has the number no more, or not yet.
            yield "DID", switch_name(company.id, did_id), words.start(node)


def _flow(tenant: Tenant) -> Iterator[Item]:
    company, flow, words = tenant.company, tenant.flow, NodeWords(tenant.company)
    for node in flow.nodes.values():
        if node.id.startswith(start_node("")):
            continue  # told with its number
        name = switch_name(company.id, node.id)
        match node:
            case Menu():
                yield "menu", name, {"name": display_name(company, node.id), **words.menu(node)}
            case Hours():
                yield "opening", name, words.start(node)
            case Play(prompt=None):
                # A step that uses a part: it plays nothing, and leads into that.
                yield "step", name, {"name": display_name(company, node.id), **words.start(node)}
            case Play():
                yield "announcement", name, words.start(node)
            case _:
                yield "step", name, {"name": display_name(company, node.id), "kind": node.kind, **words.step(node)}
    for schedule in flow.schedules.values():
        yield "hours", switch_name(company.id, schedule.id), _schedule(schedule)
    for prompt, sounds in flow.prompts.items():
        stops = {"barge-in": yes_or_no(flow.lets_stop(prompt))}
        yield "prompt", switch_name(company.id, prompt), stops | _sounds(sounds)


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
