"""The promise of adopting: each option ends in the company or in a finding, and the company can be imported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ami.rows import DetailRow, MailboxRow, QueueRow
from cordboard.adoption.asterisk import Running
from cordboard.adoption.conf import Place
from cordboard.adoption.errors import NothingToAdopt
from cordboard.adoption.files import Files, no_files, read_files
from cordboard.adoption.report import as_values, report
from cordboard.adoption.understand import Adopted, understand
from cordboard.adoption.work import Head
from cordboard.documents import FileSecrets, export_company, read_company
from kit import older_asterisk

HEAD = Head(id="acme", name="Acme", language="fr", country="FR", time_zone="Europe/Paris")


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def accounted(adopted: Adopted) -> set[Place]:
    """The lines that were taken or told."""
    return set(adopted.taken) | {place for finding in adopted.findings for place in finding.places}


def options_of(files: dict[str, str]) -> set[Place]:
    """Every line with an option, read by nothing of Cordboard's."""
    return {
        Place(name, number)
        for name, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        if re.match(r"[^;\[#]+=", line)
    }


def test_each_line_of_an_older_asterisk_is_taken_or_told(tmp_path: Path) -> None:
    own = older_asterisk.own_files()
    adopted = understand(HEAD, read_files(write(tmp_path, own)), None)
    assert options_of(own) - accounted(adopted) == set()
    assert len(options_of(own)) > 100


def outcome(folder: Path) -> tuple[object, ...]:
    """All that adopting gives, secrets in the clear."""
    adopted = understand(HEAD, read_files(folder), None)
    held = [
        {key: secret.get_secret_value() for key, secret in secrets.items()}
        for secrets in (adopted.secrets.sip, adopted.secrets.pins)
    ]
    told = [(finding.kind, finding.about, finding.what, finding.cure) for finding in adopted.findings]
    return adopted.company, held, told, adopted.renamed, adopted.settings


def test_what_is_said_to_be_taken_makes_a_difference(tmp_path: Path) -> None:
    own = older_asterisk.own_files()
    folder = write(tmp_path, own)
    usual = outcome(folder)
    adopted = understand(HEAD, read_files(folder), None)
    without_effect = []
    for place in sorted(adopted.taken):
        lines = own[place.file].split("\n")
        name, equals, _ = lines[place.line - 1].partition("=")
        lines[place.line - 1] = f"{name}{equals}changed-{place.line}"
        write(folder, {place.file: "\n".join(lines)})
        if outcome(folder) == usual:
            without_effect.append(f"{place} {name}")
        write(folder, {place.file: own[place.file]})
    assert without_effect == []


NAMES = ("201", "202", "301", "amel", "carrier", "600", "112", "Été", "q")
VALUES = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "yes",
                "no",
                "0",
                "1",
                "5",
                "999999",
                "-1",
                "fr",
                "en_US",
                "192.0.2.10",
                "192.0.2.0/24",
                "10.0.0.0/4",
            ),
            *("carrier.example", "sip:192.0.2.10", "sip:x@carrier.example:5070;transport=tcp;lr", "sip:[::1]", "*98"),
            *("*43", "*701"),
            *('"Amel Haddad" <201>', "Éric <15>", "<202>", "device <301>", "112", "X-Trunk: a", "X-A: /b.*/"),
            *("201@default,202@default", "201@q", "PJSIP/201,1", "Local/202@x/n,9,Éric", "SIP/amel,a", "DAHDI/1"),
            *("ringall", "wrandom", "bogus", "1234,Amel Haddad,a@b.example,,attach=yes", "-12345678901,,nobody", ","),
            *("a-password-that-is-long", "short", "userpass", "md5", "endpoint", "aor", "auth", "identify", "wizard"),
        ]
    ),
    st.sampled_from(NAMES),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=30),
)
OPTIONS = {
    "pjsip": "aors auth callerid context language mailboxes outbound_auth contact max_contacts username password"
    " auth_type endpoint match match_header server_uri protocol bind dtmf_mode nonsense",
    "pjsip_wizard": "accepts_auth accepts_registrations sends_auth sends_registrations remote_hosts"
    " endpoint/callerid endpoint/mailboxes inbound_auth/username inbound_auth/password aor/contact hint_exten",
    "queues": "member strategy timeout wrapuptime maxlen musicclass announce-frequency announce-position weight",
    "voicemail": "201 202 301 600 format nonsense!",
    "extensions": "exten same include",
}
TYPES = ["endpoint", "aor", "auth", "identify", "registration", "transport", "global", "acl", None]


@st.composite
def sections(draw: st.DrawFn, file: str) -> str:
    name = draw(st.sampled_from([*NAMES, "default", "general"]))
    template = draw(st.sampled_from(["", "", "", "(!)"]))
    lines = [f"[{name}]{template}"]
    if file == "pjsip" and (kind := draw(st.sampled_from(TYPES))):
        lines.append(f"type={kind}")
    if file == "pjsip_wizard":
        lines.append("type=wizard")
    written = st.tuples(st.sampled_from(OPTIONS[file].split()), st.sampled_from(["=", " => ", "+="]), VALUES)
    lines += ["".join(option) for option in draw(st.lists(written, max_size=8))]
    return "\n".join(lines)


@st.composite
def folders(draw: st.DrawFn) -> dict[str, str]:
    return {
        f"{file}.conf": "\n".join(draw(st.lists(sections(file), max_size=6 if file == "pjsip" else 3))) + "\n"
        for file in OPTIONS
    }


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(folders())
def test_whatever_the_files_say_it_is_accounted_for_and_can_be_imported(
    tmp_path_factory: pytest.TempPathFactory, own: dict[str, str]
) -> None:
    files: Files = read_files(write(tmp_path_factory.mktemp("etc"), own))
    try:
        adopted = understand(HEAD, files, None)
    except NothingToAdopt:
        return
    options = [option for conf in files.all for section in conf.sections for option in section.options]
    written = {place for option in options for place in option.places}
    assert written - accounted(adopted) == set()
    file = export_company(adopted.company, FileSecrets(company=adopted.secrets))
    reading = read_company(file)
    errors = [str(problem) for problem in reading.problems if not problem.is_warning]
    assert errors == []
    assert reading.company == adopted.company
    assert report(adopted).replace("\n", "").isprintable()
    assert len(as_values(adopted)) == len(adopted.findings)


def test_no_password_and_no_pin_is_in_what_is_told(tmp_path: Path) -> None:
    adopted = understand(HEAD, read_files(write(tmp_path, older_asterisk.own_files())), None)
    told = report(adopted) + str(as_values(adopted)) + repr(adopted) + export_company(adopted.company)
    for secret in (
        older_asterisk.AMEL_SECRET,
        older_asterisk.BRUNO_SECRET,
        "geheim",
        "carrier-secret",
        "4711",
        "98765",
    ):
        assert secret not in told


def test_without_secrets_new_ones_are_made_and_the_old_are_told_as_left(tmp_path: Path) -> None:
    own = older_asterisk.own_files()
    adopted = understand(HEAD, read_files(write(tmp_path, own)), None, keeps_secrets=False)
    assert not adopted.secrets.sip
    assert not adopted.secrets.pins
    assert options_of(own) - accounted(adopted) == set()
    assert not any(one.keeps_password for one in adopted.renamed)


SAID = (
    "Callerid",
    "Mailboxes",
    "Language",
    "Aors",
    "Auth",
    "OutboundAuth",
    "Context",
    "Contacts",
    "Match",
    "MatchHeader",
)
OBJECTS = st.builds(
    DetailRow,
    st.sampled_from(["endpoint", "aor", "auth", "identify", "transport"]),
    st.sampled_from(NAMES),
    st.dictionaries(
        st.sampled_from(
            [
                "Callerid",
                "Mailboxes",
                "Language",
                "Aors",
                "Auth",
                "OutboundAuth",
                "Context",
                "Contacts",
                "Match",
                "MatchHeader",
            ]
        ),
        VALUES,
    ),
)
STRATEGIES = st.sampled_from(["ringall", "linear", "odd"])
QUEUES = st.builds(QueueRow, st.sampled_from(NAMES), STRATEGIES, st.integers(0, 9), st.just(0))
BOXES = st.builds(MailboxRow, st.sampled_from(["default", "q"]), st.sampled_from(NAMES), VALUES, VALUES, st.just(1))
RUNNING = st.builds(
    Running,
    objects=st.lists(OBJECTS, max_size=10, unique_by=lambda one: (one.kind, one.name)).map(tuple),
    queues=st.lists(QUEUES, max_size=3, unique_by=lambda one: one.queue.lower()).map(tuple),
    boxes=st.lists(BOXES, max_size=3, unique_by=lambda one: (one.context, one.mailbox)).map(tuple),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(RUNNING, st.none() | folders())
def test_whatever_runs_can_be_imported(
    tmp_path_factory: pytest.TempPathFactory, running: Running, own: dict[str, str] | None
) -> None:
    files = no_files() if own is None else read_files(write(tmp_path_factory.mktemp("etc"), own))
    try:
        adopted = understand(HEAD, files, running)
    except NothingToAdopt:
        return
    assert read_company(export_company(adopted.company)).company == adopted.company
    assert report(adopted).replace("\n", "").isprintable()
