"""A small company with one of everything, as values: for tests that need a company and not its file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

from agi.flow.document import Edge, Flow, Hours, Interval, Menu, Retry, Schedule, Target, TargetKind
from cordboard.provisioning.sources import Placement, Tenant
from cordboard.store.values import (
    Blocked,
    Company,
    Did,
    Message,
    Person,
    Phone,
    QueueSpec,
    RelaxStep,
    Site,
    Skill,
    TargetRef,
    Trunk,
    VoicemailBox,
)
from cordboard.store.values import TargetKind as Kind
from dialplan_templates.views import Directories, ManagerAccount, Mode, Network
from kit.switch import Switch

DID = "+33123456789"
RUN_ACCOUNT, DEPLOY_ACCOUNT = "cordboard-run", "cordboard-deploy"
RUN_SECRET = "run-secret-of-acme"
DEPLOY_SECRET = "deploy-secret-of-acme"
FRENCH = {"fr": ("hello-world",), "en": ("hello-world",)}


def message(name: str) -> TargetRef:
    return TargetRef(Kind.MESSAGE, name)


def queue(name: str, **more: Any) -> QueueSpec:
    """A queue for people who speak French."""
    values: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "skills": {"french": 3},
        "when_late": TargetRef(Kind.VOICEMAIL, "billing"),
        "when_full": message("busy"),
        "when_empty": message("busy"),
    }
    return QueueSpec(**{**values, **more})


def company(**more: Any) -> Company:
    """Acme: two sites' worth of people, two queues, a menu, opening hours, a trunk."""
    people = [
        Person(id="amel", name="Amel Haddad", extension="201", skills={"french": 5, "billing": 4}, voicemail=True),
        Person(id="bruno", name="Bruno Müller", extension="202", skills={"french": 3, "english": 4, "billing": 2}),
        Person(id="chloe", name="Chloé d'Arc", extension="203", skills={"english": 5}),
        Person(id="dora", name="Dora", skills={"french": 1, "billing": 5}),
    ]
    queues = [
        queue(
            "billing-fr",
            number="601",
            skills={"french": 3, "billing": 2},
            relax=(RelaxStep(after=15, skills={"french": 1}),),
        ),
        queue("english", number="602", skills={"english": 3}, max_wait=120),
    ]
    messages = [Message(id=name, name=name.title(), sounds=FRENCH) for name in ("busy", "closed", "goodbye")]
    values: dict[str, Any] = {
        "id": "acme",
        "name": "Acme Conseil",
        "language": "fr",
        "country": "FR",
        "time_zone": "Europe/Paris",
        "sites": {"paris": Site(id="paris", name="Paris")},
        "skills": {name: Skill(id=name, name=name.title()) for name in ("french", "english", "billing")},
        "people": {person.id: person for person in people},
        "phones": {"lobby": Phone(id="lobby", name="Accueil", extension="250")},
        "queues": {each.id: each for each in queues},
        "messages": {each.id: each for each in messages},
        "voicemails": {"billing": VoicemailBox(id="billing", name="Facturation", email="billing@acme.test")},
        "dids": {
            "main": Did(id="main", number=DID, name="Standard", language="fr", open=TargetRef(Kind.MENU, "accueil"))
        },
        "trunks": {
            "carrier": Trunk(id="carrier", name="Operator", header=("X-Trunk", "carrier"), to="sip:127.0.0.9:5090")
        },
        "blocked": (Blocked(number="+33899", is_prefix=True, reason="premium"),),
    }
    return Company(**{**values, **more})


def edge(kind: str, name: str = "", language: str | None = None) -> Edge:
    return Edge(Target(TargetKind(kind), name), language)


def menu(**more: Any) -> Menu:
    values: dict[str, Any] = {
        "id": "accueil",
        "prompt": "welcome",
        "keys": {
            "1": edge("queue", "billing-fr", "fr"),
            "2": edge("queue", "english", "en"),
            "3": edge("person", "chloe"),
            "9": edge("repeat"),
        },
        "no_input": Retry(2, edge("queue", "billing-fr")),
        "wrong_input": Retry(3, edge("message", "goodbye")),
    }
    return Menu(**{**values, **more})


def flow(**more: Any) -> Flow:
    """Hours before a menu, which leads to both queues."""
    hours = Hours("did.main", "office", edge("menu", "accueil"), edge("message", "closed"))
    always = Interval(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), time(0), time(0))
    values: dict[str, Any] = {
        "nodes": {"did.main": hours, "accueil": menu()},
        "schedules": {"office": Schedule("office", "Europe/Paris", (always,), (date(2020, 12, 24),))},
        "prompts": {"welcome": FRENCH},
        "language": "fr",
    }
    return Flow(**{**values, **more})


def tenant(of: Company | None = None, by: Flow | None = None) -> Tenant:
    """The company with secrets that stay the same from call to call."""
    of = of or company()
    return Tenant(
        company=of,
        flow=by or flow(),
        flow_version=1,
        sip_secrets={endpoint.id: f"{endpoint.id}-sip-secret-0123456789" for endpoint in of.endpoints()},
        pins={box.id: "490817" for box in of.boxes()},
    )


def placement(etc: str = "/etc/asterisk", **more: Any) -> Placement:
    """An owned Asterisk that no test starts."""
    places = {name: f"/var/lib/pbx/{name}" for name in Directories.__slots__}
    values: dict[str, Any] = {
        "mode": Mode.OWNED,
        "systemname": "pbx1",
        "directories": Directories(**{**places, "etc": etc}),
        "network": Network(),
        "run_account": ManagerAccount(username=RUN_ACCOUNT, secret=RUN_SECRET),
        "deploy_account": ManagerAccount(username=DEPLOY_ACCOUNT, secret=DEPLOY_SECRET),
    }
    return Placement(**{**values, **more})


def placement_on(switch: Switch, etc: str, *, agi_port: int = 4573) -> Placement:
    """The placement of a throw-away switch that runs what lies in `etc`."""
    places, ports = switch.places, switch.ports
    permit = ("127.0.0.0/8",)
    return replace(
        placement(),
        systemname=switch.name,
        directories=Directories(
            etc=etc,
            modules=str(places.modules),
            data=str(places.data),
            varlib=str(places.varlib),
            db=str(places.db),
            spool=str(places.spool),
            run=str(places.run),
            log=str(places.log),
            keys=str(places.keys),
            agi_bin=str(places.agi_bin),
        ),
        network=Network(
            sip_address=switch.address,
            sip_port=ports.sip,
            media_address=switch.address,
            rtp_first=ports.rtp_first,
            rtp_last=ports.rtp_last,
            ami_address=switch.address,
            ami_port=ports.ami,
            agi_address=switch.address,
            agi_port=agi_port,
        ),
        run_account=ManagerAccount(username=RUN_ACCOUNT, secret=RUN_SECRET, permit=permit),
        deploy_account=ManagerAccount(username=DEPLOY_ACCOUNT, secret=DEPLOY_SECRET, permit=permit),
    )
