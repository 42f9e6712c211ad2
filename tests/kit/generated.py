"""Views to generate configurations from: a small company, one that uses everything, and the switch around them.

switch = new_switch()
await switch.start(render(view_for(switch, EVERYTHING)))
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from dialplan_templates.views import (
    AnswerView,
    AssignView,
    BlockedView,
    CaseView,
    CollectView,
    CompanyView,
    ConditionView,
    ConferenceView,
    DialledView,
    DidView,
    Directories,
    ExternalView,
    HoursView,
    IntervalView,
    KeyView,
    LookupView,
    ManagerAccount,
    MenuView,
    MessageView,
    Mode,
    MusicView,
    Network,
    OutgoingView,
    PermissionView,
    PhoneView,
    PlayView,
    QueueView,
    RecordCallView,
    RecordView,
    RetryView,
    RouteCaseView,
    RouteView,
    SayView,
    Strategy,
    SwitchView,
    TargetKind,
    TargetView,
    TestView,
    TrunkView,
    VoicemailView,
)
from kit.switch import Switch

GENERATION = 7


def to(kind: str, item: str = "", language: str | None = None) -> TargetView:
    return TargetView(TargetKind(kind), item, language)


def secret(name: str) -> str:
    """A SIP secret of the usual shape, the same in every run."""
    return f"{name}-0123456789abcdef"


def view_of(*companies: CompanyView, **changes: Any) -> SwitchView:
    """A switch view in folders that stay the same from machine to machine."""
    folder = "/var/lib/cordboard/asterisk"
    whole = SwitchView(
        generation=GENERATION,
        mode=Mode.OWNED,
        systemname="node1",
        companies=companies,
        directories=Directories(
            etc="/etc/cordboard/asterisk",
            modules="/usr/lib/asterisk/modules",
            data="/usr/share/asterisk",
            varlib="/var/lib/asterisk",
            db=f"{folder}/db",
            spool=f"{folder}/spool",
            run=f"{folder}/run",
            log=f"{folder}/log",
            keys=f"{folder}/keys",
            agi_bin=f"{folder}/agi-bin",
        ),
        network=Network(),
        run_account=ManagerAccount(username="cordboard", secret=secret("run")),
        deploy_account=ManagerAccount(username="cordboard-deploy", secret=secret("deploy")),
        opus_module="codec_opus_open_source",
        tone_zone="fr",
    )
    return replace(whole, **changes)


def view_for(switch: Switch, *companies: CompanyView, **changes: Any) -> SwitchView:
    """The same for a throw-away switch, in its own folders and on its own address. Nobody answers FastAGI there."""
    places = switch.places
    return view_of(
        *companies,
        **{
            "systemname": switch.name,
            "directories": Directories(
                etc=str(places.etc),
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
            "network": network_of(switch),
            "opus_module": opus_module(switch),
            **changes,
        },
    )


def network_of(switch: Switch, **changes: Any) -> Network:
    """The addresses of a throw-away switch."""
    network = Network(
        sip_address=switch.address,
        sip_port=switch.ports.sip,
        media_address=switch.address,
        rtp_first=switch.ports.rtp_first,
        rtp_last=switch.ports.rtp_last,
        ami_address=switch.address,
        ami_port=switch.ports.ami,
        agi_address=switch.address,
    )
    return replace(network, **changes)


def opus_module(switch: Switch) -> str | None:
    """The module that transcodes Opus in the Asterisk of this checkout, if it has one."""
    name = "codec_opus_open_source"
    return name if (switch.places.modules / f"{name}.so").is_file() else None


SMALL = CompanyView(
    id="atelier",
    name="Atelier Petit",
    language="fr",
    phones=(PhoneView(id="lea", name="Léa Petit", number="10", secret=secret("lea"), language="fr"),),
    dids=(DidView(id="main", number="+33123456700", name="Atelier", language="fr", start=to("person", "lea")),),
)

EVERYTHING = CompanyView(
    id="acme",
    name="Acme Conseil",
    language="fr",
    phones=(
        PhoneView(
            id="amel",
            name="Amel Haddad",
            number="201",
            secret=secret("amel"),
            language="fr",
            mailbox="amel",
            ring_seconds=2,
            permission="national",
            shows="+33123456791",
        ),
        PhoneView(
            id="bruno",
            name="Bruno Martin",
            number="202",
            secret=secret("bruno"),
            language="fr",
            ring_seconds=2,
            unanswered=to("message", "busy"),
            permission="near",
            shows="+33123456789",
        ),
        PhoneView(
            id="lobby",
            name="Accueil",
            number="250",
            secret=secret("lobby"),
            language="en",
            shows="+33123456789",
        ),
    ),
    voicemails=(
        VoicemailView(id="amel", name="Amel Haddad", email="amel@example.org", pin="4321", language="fr"),
        VoicemailView(id="billing", name="Facturation"),
    ),
    conferences=(
        ConferenceView(
            id="staff",
            name="Staff",
            number="800",
            most_members=8,
            waits_for_host=True,
            is_announced=False,
            is_muted=True,
            guest_pin="4815162",
            host_pin="34210815",
        ),
    ),
    musics=(MusicView(id="calm", name="Calm", directory="moh"),),
    queues=(
        QueueView(
            id="billing-fr",
            name="Facturation",
            number="601",
            relax_after=(2, 30),
            ring_seconds=12,
            wrap_up_seconds=5,
            pauses_who_missed=False,
            max_waiting=1,
            max_wait_seconds=3,
            priority=2,
            music="calm",
            announce_position=True,
            when_full=to("message", "busy"),
            when_late=to("voicemail", "billing"),
            when_empty=to("queue", "reception"),
        ),
        QueueView(
            id="reception",
            name="Reception",
            strategy=Strategy.RING_ALL,
            hears_ringing=True,
            when_full=to("external", "+33140000000"),
            when_late=to("person", "lobby"),
            when_empty=to("message", "busy"),
        ),
    ),
    dids=(
        DidView(id="main", number="+33123456789", name="Standard", language="fr", start=to("hours", "did.main")),
        DidView(id="line", number="+33123456790", name="Ligne", language="en", start=to("menu", "accueil")),
        DidView(id="direct", number="+33123456791", name="Amel", language="fr", start=to("person", "amel")),
        DidView(id="queue", number="+33123456792", name="Queue", language="fr", start=to("play", "did.queue")),
    ),
    hours=(
        HoursView(
            id="did.main",
            name="Standard",
            time_zone="Europe/Paris",
            weekly=(
                IntervalView(days=frozenset(range(5)), opens=540, closes=1080),
                IntervalView(days=frozenset({5}), opens=0, closes=1440),
            ),
            closed_dates=(datetime.date(2026, 12, 25), datetime.date(2026, 12, 24)),
            when_open=to("menu", "accueil"),
            when_closed=to("message", "closed"),
        ),
    ),
    menus=(
        MenuView(
            id="accueil",
            name="Accueil",
            version=3,
            prompt={"fr": ("beep", "hello"), "en": ("beep",)},
            keys=(
                KeyView(keys="1", target=to("queue", "billing-fr", "fr")),
                KeyView(keys="2", target=to("menu", "english", "en")),
                KeyView(keys="3", target=to("person", "bruno")),
                KeyView(keys="4", target=to("message", "opening")),
                KeyView(keys="5", target=to("voicemail", "amel")),
                KeyView(keys="77", target=to("external", "+33140000000")),
                KeyView(keys="9", target=to("repeat")),
                KeyView(keys="*", target=to("top")),
                KeyView(keys="6", target=to("menu", "which-language")),
                KeyView(keys="0", target=to("hangup")),
            ),
            no_input=RetryView(tries=2, then=to("queue", "reception"), prompt={"fr": ("beep",)}),
            wrong_input=RetryView(tries=3, then=to("message", "goodbye"), prompt={"fr": ("beeperr",)}),
            first_digit_seconds=2.5,
            inter_digit_seconds=0.5,
        ),
        MenuView(
            id="english",
            name="English",
            version=3,
            prompt={"en": ("beep",)},
            keys=(
                KeyView(keys="1", target=to("queue", "reception")),
                KeyView(keys="#", target=to("back")),
                KeyView(keys="8", target=to("play", "news")),
                KeyView(keys="7", target=to("conference", "staff")),
            ),
            no_input=RetryView(tries=1, then=to("hangup")),
            wrong_input=RetryView(tries=1, then=to("back")),
            barge_in=False,
            first_digit_seconds=2.5,
            inter_digit_seconds=0.5,
            language="en",
        ),
        MenuView(
            id="which-language",
            name="Language",
            version=3,
            prompt={"fr": ("beep",), "en": ("hello",)},
            keys=(
                KeyView(keys="1", target=to("step", "customer", "fr")),
                KeyView(keys="2", target=to("step", "customer", "en")),
            ),
            no_input=RetryView(tries=2, then=to("back")),
            wrong_input=RetryView(tries=2, then=to("step", "pin"), prompt={"fr": ("beeperr",)}),
            heard_in=("fr", "en"),
            is_step=True,
        ),
    ),
    steps=(
        CollectView(
            id="customer",
            name="Customer",
            version=3,
            prompt={"fr": ("beep", "hello"), "en": ("beep",)},
            variable="customer",
            then=to("queue", "billing-fr"),
            no_input=RetryView(tries=2, then=to("queue", "reception"), prompt={"fr": ("beep",)}),
            wrong_input=RetryView(tries=2, then=to("back")),
            least=4,
            most=6,
            shapes=("12XX", "9XXXXX"),
            confirm={"fr": ("beep",)},
            first_digit_seconds=2.5,
            inter_digit_seconds=0.5,
        ),
        CollectView(
            id="pin",
            name="PIN",
            version=3,
            prompt={"fr": ("beep",)},
            variable="pin",
            then=to("queue", "reception"),
            no_input=RetryView(tries=1, then=to("hangup")),
            wrong_input=RetryView(tries=1, then=to("message", "goodbye")),
            is_secret=True,
        ),
        AssignView(
            id="vip", name="VIP", values=(("tier", "gold"), ("place", "1")), then=to("step", "by-tier", language="fr")
        ),
        ConditionView(
            id="by-tier",
            name="Tier",
            variable="tier",
            cases=(
                CaseView(then=to("queue", "billing-fr"), values=("gold", "silver"), prefixes=("1",)),
                CaseView(then=to("step", "by-caller"), prefixes=("b*", "+33")),
            ),
            otherwise=to("back"),
        ),
        ConditionView(
            id="by-caller",
            name="Caller",
            variable="caller",
            cases=(CaseView(then=to("queue", "reception"), values=("unknown",)),),
            otherwise=to("step", "vip"),
        ),
        SayView(id="say-digits", name="D", what="digits", variable="caller", then=to("step", "say-amount")),
        SayView(
            id="say-amount",
            name="A",
            what="amount",
            variable="amount",
            then=to("step", "say-day"),
            unit={"fr": ("beep",)},
            cents={"fr": ("beeperr",), "en": ("beep",)},
        ),
        SayView(
            id="say-day",
            name="D",
            what="date",
            variable="day",
            then=to("step", "say-time"),
            time_zone="Europe/Paris",
            forms=(("", "AdBY"), ("en", "ABdY")),
        ),
        SayView(
            id="say-time", name="T", what="time", variable="now", then=to("step", "say-number"), forms=(("", "HM"),)
        ),
        SayView(id="say-number", name="N", what="number", variable="customer", then=to("step", "balance")),
        AnswerView(id="balance", name="Balance", prompt={"fr": ("beep",)}, then=to("step", "to-agents")),
        RouteView(
            id="to-agents",
            name="To agents",
            cases=(
                RouteCaseView(
                    tests=(TestView("tier", ("gold",), ("1", "2")), TestView("language", ("fr",))),
                    then=to("queue", "billing-fr"),
                    priority=5,
                ),
                RouteCaseView(tests=(TestView("caller", (), ("+33",)),), then=to("queue", "reception")),
            ),
            then=to("queue", "reception"),
        ),
        LookupView(id="who", name="Who", variables=("tier", "customer"), failure=to("step", "by-tier", "fr")),
        ExternalView(
            id="abroad", name="Abroad", number="+41441234567", ring_seconds=5, failure=to("message", "busy", "en")
        ),
        RecordCallView(
            id="taped", name="Taped", starts=True, announcement={"fr": ("beep",)}, then=to("step", "complaint")
        ),
        RecordView(
            id="complaint",
            name="Complaint",
            prompt={"fr": ("beep",), "en": ("hello",)},
            variable="complaint",
            then=to("step", "untaped"),
            no_input=RetryView(tries=2, then=to("back"), prompt={"fr": ("beeperr",)}),
            least_bytes=20_044,
            failure=to("queue", "reception"),
            review={"fr": ("hello",)},
            end="any",
            barge_in=False,
        ),
        RecordCallView(id="untaped", name="Untaped", starts=False, then=to("step", "note")),
        RecordView(
            id="note",
            name="Note",
            prompt={},
            variable="note",
            then=to("message", "goodbye"),
            no_input=RetryView(tries=1, then=to("hangup")),
            least_bytes=20_044,
        ),
    ),
    plays=(
        PlayView(id="news", name="News", sounds={"fr": ("beep",), "en": ("hello",)}, then=to("menu", "accueil")),
        PlayView(id="did.queue", name="Queue", sounds={}, then=to("queue", "reception")),
    ),
    outside=("+33140000000",),
    messages=(
        MessageView(id="closed", name="Closed", sounds={"fr": ("beep",), "en": ("beeperr",)}),
        MessageView(id="busy", name="Busy", sounds={"fr": ("beep",)}),
        MessageView(id="goodbye", name="Goodbye", sounds={"fr": ("vm-goodbye",)}),
        MessageView(id="opening", name="Opening hours", sounds={"fr": ("hello",)}, is_answer=True),
    ),
    trunks=(
        TrunkView(
            id="carrier",
            name="Operator",
            match=("127.1.0.10", "127.1.1.0/28"),
            contact="sip:127.1.0.10:5060",
            shows="+33123456789",
        ),
        TrunkView(id="hq", name="The other house", match=("127.1.2.0/24",), contact="sip:127.1.2.1:5060", is_peer=True),
        TrunkView(id="test", name="Test", match_header=("X-Trunk", "carrier")),
    ),
    outgoing=OutgoingView(
        prefix="0",
        dialled=(
            DialledView(pattern="00[123456789]XXXXXXXXXX", stripped=2),
            DialledView(pattern="0[123456789]XXXXXXXX", stripped=1, put="33"),
            DialledView(pattern="[123456789]XXXXXXXX", put="33"),
        ),
        short=("3[23456789]XX",),
        help=("112", "1[578]"),
        permissions=(
            PermissionView(
                id="national",
                name="France",
                numbers=("+33[1234567]XXXXXXXX", "3[23456789]XX"),
                prefixes=("+41", "+4930"),
                never=("+4190", "+33700"),
            ),
            PermissionView(id="near", name="Near", numbers=("+331XXXXXXXX",), most_calls=1, longest_seconds=60),
        ),
        trunks=("carrier", "hq"),
        most_calls=3,
    ),
    blocked=(
        BlockedView(number="+33899123456"),
        BlockedView(number="+33900", is_prefix=True, message="goodbye"),
    ),
)
