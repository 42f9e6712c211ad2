"""What becomes of phones, boxes, queues and trunks, case by case."""

from __future__ import annotations

from pathlib import Path

import pytest

from ami.fields import MemberFacts
from ami.models import DeviceState
from ami.rows import DetailRow, MailboxRow, QueueRow
from cordboard.adoption.asterisk import Running
from cordboard.adoption.errors import HeadRefused, NothingToAdopt
from cordboard.adoption.files import no_files, read_files
from cordboard.adoption.findings import Kind
from cordboard.adoption.names import Ids, caller_id, shown_name
from cordboard.adoption.understand import Adopted, understand
from cordboard.adoption.work import Head
from cordboard.documents import export_company, read_company
from cordboard.store.values import Company

HEAD = Head(id="acme", name="Acme", language="fr", country="FR", time_zone="Europe/Paris")


class Folder:
    """A configuration folder: `adopt(queues="...")` writes queues.conf and adopts all that was written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def adopt(self, *, running: Running | None = None, **files: str) -> Adopted:
        for name, text in files.items():
            (self._path / f"{name}.conf").write_text(text, encoding="utf-8")
        return understand(HEAD, read_files(self._path), running)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def phone(name: str, callerid: str = "", *, password: str = "long-enough-for-all", more: str = "") -> str:
    shown = f"callerid={callerid}\n" if callerid else ""
    return (
        f"[{name}]\ntype=endpoint\nauth={name}\naors={name}\n{shown}{more}\n"
        f"[{name}]\ntype=auth\nauth_type=userpass\nusername={name}\npassword={password}\n"
        f"[{name}]\ntype=aor\nmax_contacts=1\n"
    )


def told(adopted: Adopted, kind: Kind, words: str) -> list[str]:
    """About what findings of this kind with these words are."""
    return [finding.about for finding in adopted.findings if finding.kind is kind and words in finding.what]


def levels(company: Company, skill: str) -> dict[str, int]:
    return {person.id: person.skills[skill] for person in company.people.values() if skill in person.skills}


# ----- names


def test_an_id_is_given_once_and_the_same_way_each_time() -> None:
    given = [[ids.give("person", "Jean Dupont", number) for number in ("201", "202", "", "")] for ids in (Ids(), Ids())]
    assert given[0] == given[1] == ["jean-dupont", "jean-dupont-202", "jean-dupont-2", "jean-dupont-3"]
    ids = Ids()
    assert [ids.give("queue", "600"), ids.give("queue", "日本"), ids.give("queue", "日本")] == [
        "queue-600",
        "queue",
        "queue-2",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Amel \\"A\\" Haddad" <201>', ('Amel "A" Haddad', "201")),
        ("Amel Haddad <201>", ("Amel Haddad", "201")),
        ("<201>", ("", "201")),
        ("201", ("", "201")),
        ("Standard", ("Standard", "")),
        ("", ("", "")),
    ],
)
def test_caller_ids_are_parted(text: str, expected: tuple[str, str]) -> None:
    assert caller_id(text) == expected


def test_names_lose_what_cannot_be_seen_and_are_cut_to_what_fits() -> None:
    assert shown_name("A\u200bm\x07el\tH") == "Amel H"
    assert len(shown_name("é" * 60).encode()) == 78


# ----- people


def test_a_name_a_box_or_a_queue_makes_a_person_and_nothing_makes_a_phone(folder: Folder) -> None:
    company = folder.adopt(
        pjsip=phone("201", '"Amel Haddad" <201>') + phone("202") + phone("203") + phone("204", "device <204>"),
        voicemail="[default]\n203 => 1234,Bo Li,bo@acme.example\n",
        queues="[sales]\nmember => PJSIP/204\n",
    ).company
    assert {person.id: person.extension for person in company.people.values()} == {
        "amel-haddad": "201",
        "bo-li": "203",
        "phone-204": "204",
    }
    assert list(company.phones) == ["phone-202"]


def test_a_number_is_had_once_and_never_one_that_means_something_else(folder: Folder) -> None:
    adopted = folder.adopt(
        pjsip=phone("desk", "Desk <201>")
        + phone("201", "Amel <201>")
        + phone("help", "Help <112>")
        + phone("lab", "Lab <*43>")
        + phone("hall", "Hall <*701>")
    )
    people = {person.name: person.extension for person in adopted.company.people.values()}
    assert people == {"Amel": "201", "Desk": None, "Help": None, "Lab": None, "Hall": None}
    assert told(adopted, Kind.CHANGED, "is that of phone 201") == ["phone desk"]
    assert told(adopted, Kind.CHANGED, "emergency number") == ["phone help"]
    assert told(adopted, Kind.CHANGED, "echo test") == ["phone lab"]
    assert told(adopted, Kind.CHANGED, "a parked caller") == ["phone hall"]
    assert told(adopted, Kind.DECIDE, "it was left without") == ["phone desk", "phone help", "phone lab", "phone hall"]
    assert not read_company(export_company(adopted.company)).problems


def test_passwords_stay_where_they_can(folder: Folder) -> None:
    adopted = folder.adopt(
        pjsip=phone("201", "A <201>") + phone("202", "B <202>", password="short"),
        voicemail="[default]\n201 => -4711,A\n202 => 12,B\n",
    )
    assert {key: secret.get_secret_value() for key, secret in adopted.secrets.sip.items()} == {
        "a": "long-enough-for-all"
    }
    assert {key: secret.get_secret_value() for key, secret in adopted.secrets.pins.items()} == {"a": "4711"}
    assert [(one.number, one.after, one.keeps_password) for one in adopted.renamed] == [
        ("201", "acme-a", True),
        ("202", "acme-b", False),
    ]


def test_a_box_that_two_phones_show_is_shared(folder: Folder) -> None:
    both = "mailboxes=500@default"
    company = folder.adopt(
        pjsip=phone("201", "A <201>", more=both) + phone("202", "B <202>", more=both),
        voicemail="[default]\n500 => 1234,Sales,sales@acme.example\n[other]\n201 => 1234,Elsewhere\n",
    ).company
    assert [(box.id, box.name) for box in company.voicemails.values()] == [
        ("elsewhere", "Elsewhere"),
        ("sales", "Sales"),
    ]
    assert not any(person.voicemail for person in company.people.values())


# ----- queues


@pytest.mark.parametrize(
    ("penalties", "expected"),
    [
        ((0, 1, 4), (5, 4, 1)),
        ((2, 2, 3), (3, 3, 2)),
        ((0, 10, 20), (5, 4, 3)),
        ((5, 5, 5), (5, 5, 5)),
    ],
)
def test_penalties_keep_their_order_as_levels(
    folder: Folder, penalties: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    phones = "".join(phone(str(201 + n), f"P{n} <{201 + n}>") for n in range(len(penalties)))
    members = "".join(f"member => PJSIP/{201 + n},{penalty}\n" for n, penalty in enumerate(penalties))
    company = folder.adopt(pjsip=phones, queues=f"[sales]\n{members}").company
    assert tuple(levels(company, "sales").values()) == expected


def test_a_sixth_step_is_told_as_lost(folder: Folder) -> None:
    phones = "".join(phone(str(201 + n), f"P{n} <{201 + n}>") for n in range(6))
    members = "".join(f"member => PJSIP/{201 + n},{n}\n" for n in range(6))
    adopted = folder.adopt(pjsip=phones, queues=f"[sales]\n{members}")
    assert tuple(levels(adopted.company, "sales").values()) == (5, 4, 3, 2, 1, 1)
    assert told(adopted, Kind.CHANGED, "4, 5 are no longer told apart") == ["queue sales"]


def test_a_queue_says_what_it_can_and_the_rest_is_told(folder: Folder) -> None:
    adopted = folder.adopt(
        queues="[Sales FR]\nstrategy=leastrecent\ntimeout=300\nmaxlen=0\nwrapuptime=10\nannounce-frequency=0\n",
        extensions="[in]\nexten => 700,1,Queue(Sales FR)\nexten => *98,1,Queue(other)\n",
    )
    queue = adopted.company.queues["sales-fr"]
    assert (queue.name, queue.number, queue.strategy, queue.ring, queue.max_waiting, queue.wrap_up) == (
        *("Sales FR", "700", "longest_idle"),
        *(120, 1000, 10),
    )
    assert not queue.announce_position
    assert told(adopted, Kind.DECIDE, "max_wait") == ["queue Sales FR"]
    assert told(adopted, Kind.CHANGED, 'timeout = "300" became 120')
    assert queue.when_late.id in adopted.company.messages


# ----- trunks


def test_a_trunk_that_cannot_be_told_from_others_is_left_out(folder: Folder) -> None:
    adopted = folder.adopt(
        pjsip="[a]\ntype=endpoint\naors=a\noutbound_auth=a\n[a]\ntype=aor\ncontact=sip:operator.example\n"
        "[b]\ntype=endpoint\naors=b\n[b]\ntype=aor\ncontact=sip:192.0.2.9:5080\\;transport=tcp\n"
    )
    assert [(one.id, one.addresses, one.to) for one in adopted.company.trunks.values()] == [
        ("b", ("192.0.2.9",), "sip:192.0.2.9:5080;transport=tcp")
    ]
    assert told(adopted, Kind.DECIDE, "was left out") == ["trunk a"]
    assert told(adopted, Kind.LOST, "calls out with a password") == ["trunk a"]


def test_a_network_that_is_too_wide_is_left_out(folder: Folder) -> None:
    match = "10.0.0.0/15,10.4.0.0/16,2001:db8::/31,2001:db8:1::/48"
    adopted = folder.adopt(pjsip=f"[a]\ntype=endpoint\n[a]\ntype=identify\nendpoint=a\nmatch={match}\n")
    assert adopted.company.trunks["a"].addresses == ("10.4.0.0/16", "2001:db8:1::/48")
    assert told(adopted, Kind.DECIDE, "lets in too much") == ["trunk a", "trunk a"]


def test_names_of_hosts_become_the_addresses_that_asterisk_found(folder: Folder) -> None:
    pjsip = "[a]\ntype=endpoint\n[a]\ntype=identify\nendpoint=a\nmatch=operator.example,192.0.2.1\n"
    running = Running(
        objects=(
            DetailRow("endpoint", "a", {"Context": "default"}),
            DetailRow("identify", "a", {"Match": "198.51.100.4/255.255.255.255,192.0.2.1/255.255.255.255"}),
        )
    )
    assert folder.adopt(pjsip=pjsip, running=running).company.trunks["a"].addresses == ("198.51.100.4", "192.0.2.1")
    alone = folder.adopt(pjsip=pjsip)
    assert alone.company.trunks["a"].addresses == ("192.0.2.1",)
    assert told(alone, Kind.DECIDE, "is a name") == ["trunk a"]


# ----- what runs


def member(queue: str, interface: str, membership: str, penalty: int = 0) -> MemberFacts:
    return MemberFacts(
        queue=queue, interface=interface, name=interface, state_interface=interface, membership=membership,
        penalty=penalty, paused=False, pause_reason="", last_pause=None, status=DeviceState.NOT_IN_USE, in_call=False,
        last_call=None, logged_in=None, wrap_up=0, calls_taken=0, ring_in_use=False,
    )  # fmt: skip


def test_what_only_runs_is_taken_from_there(folder: Folder) -> None:
    running = Running(
        objects=(
            DetailRow("endpoint", "301", {"Aors": "301", "Auth": "301", "Callerid": '"Bo Li" <301>', "Context": "in"}),
            DetailRow("aor", "301", {"MaxContacts": "1", "Contacts": "301/sip:301@192.0.2.7"}),
            DetailRow("auth", "301", {"Username": "bo", "AuthType": "userpass"}),
        ),
        queues=(QueueRow("late", "fewestcalls", 7, 0),),
        members=(member("late", "PJSIP/301", "dynamic", 1), member("late", "PJSIP/201", "static")),
        boxes=(MailboxRow("default", "301", "Bo, Li", "bo@acme.example"),),
    )
    adopted = folder.adopt(pjsip=phone("201", "Amel <201>"), running=running, queues="[general]\n", voicemail="[a]\n")
    company = adopted.company
    assert company.queues["late"].strategy == "fewest_calls"
    assert levels(company, "late") == {"amel": 5, "bo-li": 4}
    assert company.people["bo-li"].voicemail
    assert told(adopted, Kind.DIFFERS, "was taken from the running Asterisk") == [
        *("endpoint 301", "queue late", "box 301@default")
    ]
    assert told(adopted, Kind.DIFFERS, "is in the files and not in the running") == ["endpoint 201"]
    assert told(adopted, Kind.CHANGED, "is logged in now, and got the skill") == ["queue late"]


def test_what_it_would_not_tell_is_no_difference(folder: Folder) -> None:
    silent = {"phones and trunks (right: system)": "Permission denied", "queues": "no", "voicemail boxes (x)": "no"}
    adopted = folder.adopt(pjsip=phone("201", "A <201>"), queues="[q]\n", running=Running(silent=silent))
    assert not told(adopted, Kind.DIFFERS, "")
    assert len(told(adopted, Kind.DECIDE, "would not tell")) == 3


def test_numbers_of_the_network_are_offered_with_their_target(folder: Folder) -> None:
    trunk = "[t]\ntype=endpoint\ncontext=in\n[t]\ntype=identify\nendpoint=t\nmatch=192.0.2.1\n"
    adopted = folder.adopt(
        pjsip=trunk + phone("201", "Amel <201>"),
        extensions="[in]\ninclude => more\n[more]\nexten => 0123456789,1,Dial(PJSIP/201)\n"
        "[elsewhere]\nexten => 0123456780,1,Dial(PJSIP/201)\n",
    )
    cures = [finding.cure for finding in adopted.findings if finding.about.startswith("number ")]
    assert cures == ['dids: "+33123456789": {id: did-33123456789, name: "+33123456789", target: {person: amel}}']
    assert not adopted.company.dids


@pytest.mark.parametrize(
    ("lines", "target"),
    [
        ("exten => 0123456789,n(dest-ext),Goto(ext-queues,600,1)", "{queue: queue-600}"),
        ("exten => 0123456789,n(dest-ext),Goto(from-did-direct,201,1)", "{person: amel}"),
        ("same => n,Queue(600,t)", "{queue: queue-600}"),
        ("same => n,Goto(ivr-1,s,1)", "..., with a target of your own"),
        ("same => n,Goto(loop,1,1)", "..., with a target of your own"),
    ],
)
def test_a_number_of_a_freepbx_leads_where_its_goto_does(folder: Folder, lines: str, target: str) -> None:
    adopted = folder.adopt(
        pjsip="[t]\ntype=endpoint\ncontext=from-pstn\n[t]\ntype=identify\nendpoint=t\nmatch=192.0.2.1\n"
        + phone("201", "Amel <201>"),
        queues="[600]\nmember=Local/201@from-queue/n,0,Amel,hint:201@ext-local\n",
        extensions="[from-pstn]\ninclude => ext-did\n[ext-did]\nexten => 0123456789,1,Set(__DIRECTION=INBOUND)\n"
        f"{lines}\n[ext-queues]\nexten => 600,1,Answer\nexten => 600,n,Queue(600,t,,,60)\n"
        "[loop]\nexten => 1,1,Goto(loop,1,1)\n",
    )
    assert levels(adopted.company, "queue-600") == {"amel": 5}
    assert adopted.company.queues["queue-600"].max_wait == 60
    assert [finding.cure for finding in adopted.findings if finding.about.startswith("number ")] == [
        f'dids: "+33123456789": {{id: did-33123456789, name: "+33123456789", target: {target}}}'
    ]


# ----- refusals


def test_words_about_the_company_are_checked_first(folder: Folder) -> None:
    head = Head(id="Acme!", name="Acme", language="fr", country="XX", time_zone="Mars/Base")
    with pytest.raises(HeadRefused) as refused:
        understand(head, no_files(), None)
    assert [problem.path for problem in refused.value.problems] == [
        "company.id",
        "company.country",
        "company.time_zone",
    ]


def test_nothing_is_nothing_to_adopt(folder: Folder) -> None:
    with pytest.raises(NothingToAdopt):
        folder.adopt(pjsip="[general]\n")
