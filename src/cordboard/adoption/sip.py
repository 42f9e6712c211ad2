"""pjsip.conf and pjsip_wizard.conf as the objects that Asterisk makes of them, options with their lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cordboard.adoption.conf import Option, Section, is_yes
from cordboard.adoption.findings import Kind, Ledger

_KINDS = ("endpoint", "aor", "auth", "identify", "registration", "transport")
_PARTS = {
    "endpoint": "endpoint",
    "aor": "aor",
    "inbound_auth": "auth",
    "outbound_auth": "outbound_auth",
    "registration": "registration",
    "identify": "identify",
}


@dataclass
class Sip:
    """Objects by kind and name."""

    endpoints: dict[str, Section] = field(default_factory=dict)
    aors: dict[str, Section] = field(default_factory=dict)
    auths: dict[str, Section] = field(default_factory=dict)
    identifies: dict[str, Section] = field(default_factory=dict)
    registrations: dict[str, Section] = field(default_factory=dict)
    transports: dict[str, Section] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Section]:
        found: dict[str, Section] = getattr(self, "identifies" if kind == "identify" else f"{kind}s")
        return found

    def put(self, kind: str, name: str, section: Section, ledger: Ledger) -> None:
        if name in self.of(kind):
            what = f"is there twice, first at {self.of(kind)[name].place}: Asterisk loads none of its kind for it"
            ledger.tell(Kind.BROKEN, f"{kind} {name}", what, "The first was taken; keep one of them",
                        section, *section.options)  # fmt: skip
        else:
            self.of(kind)[name] = section


def sip_objects(sections: Iterable[Section], wizards: Iterable[Section], ledger: Ledger) -> Sip:
    """The objects of these sections; sections that make none are told."""
    sip = Sip()
    for section in sections:
        if section.is_template:
            continue
        kind = section.last("type")
        if kind is None:
            what = "has no type: Asterisk passes over it"
            ledger.tell(Kind.BROKEN, f"[{section.name}]", what, "Write its type, or take it out",
                        section, *section.options)  # fmt: skip
        elif kind.value.lower() in _KINDS:
            sip.put(kind.value.lower(), section.name, section, ledger)
            ledger.take(kind)
        # the rest is told by what stays open: global, system, acl ...
    for section in wizards:
        if not section.is_template and (kind := section.last("type")) and kind.value.lower() == "wizard":
            ledger.take(kind)
            _conjure(sip, section, ledger)
    return sip


def _conjure(sip: Sip, wizard: Section, ledger: Ledger) -> None:
    """What a wizard makes: endpoint and AOR, and accounts, registrations and an identity as it is told to."""
    name = wizard.name
    parts: dict[str, list[Option]] = {part: [] for part in _PARTS.values()}
    for option in wizard.options:
        prefix, slash, bare = option.name.partition("/")
        if slash and prefix in _PARTS:
            parts[_PARTS[prefix]].append(Option(bare, option.value, option.places, option.is_inherited))

    def is_told(switch: str) -> bool:
        return is_yes(ledger.take(wizard.last(switch)))

    def made(kind: str, suffix: str, more: Iterable[tuple[str, str, Option]] = ()) -> Section:
        added = [Option(option, value, source.places) for option, value, source in more]
        section = Section(f"{name}{suffix}", wizard.place, options=[*added, *parts[kind]])
        sip.put(kind.removeprefix("outbound_"), section.name, section, ledger)
        return section

    hosts = wizard.last("remote_hosts")
    named = [host.strip() for host in ledger.take(hosts).split(",") if host.strip()]
    is_registered = is_told("accepts_registrations")
    endpoint = [("aors", name, kind) for kind in wizard.every("type")[-1:]]
    if is_told("accepts_auth"):
        endpoint += [("auth", f"{name}-iauth", kind) for kind in wizard.every("type")[-1:]]
        made("auth", "-iauth")
    if is_told("sends_auth"):
        endpoint += [("outbound_auth", f"{name}-oauth", kind) for kind in wizard.every("type")[-1:]]
        made("outbound_auth", "-oauth")
    made("endpoint", "", endpoint)
    made("aor", "", [("contact", f"sip:{host}", hosts) for host in named if hosts])
    if not named and not is_registered:
        what = "neither accepts registrations nor names remote_hosts: Asterisk makes nothing of it"
        ledger.tell(Kind.BROKEN, f"wizard {name}", what, "Mend it or take it out", wizard)
    if hosts and named and not is_registered:
        made("identify", "-identify", [("endpoint", name, hosts), *(("match", host, hosts) for host in named)])
    if is_told("sends_registrations") and hosts:
        for number, host in enumerate(named):
            more = [("endpoint", name, hosts), ("server_uri", f"sip:{host}", hosts)]
            made("registration", f"-reg-{number}", more)
