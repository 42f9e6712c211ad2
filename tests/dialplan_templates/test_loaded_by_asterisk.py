"""What a real Asterisk makes of the generated files: all of it, nothing else, and without a complaint."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from dialplan_templates import Manifest, ViewRefused, escaping, lines_to_add, manifest, render
from dialplan_templates.errors import Unwritable
from dialplan_templates.views import CompanyView, Directories, Mode, PhoneView, VoicemailView
from kit import basis
from kit.generated import EVERYTHING, SMALL, secret, view_for, view_of
from kit.hostile import PAYLOADS, named
from kit.manager import ManagerSession
from kit.switch import Switch

pytestmark = pytest.mark.switch

# Defined by Asterisk's own modules, not by a file.
FOREIGN_CONTEXTS = re.compile(r"parkedcalls|__func_.*|app_.*|default_autoservice")


@dataclass(frozen=True)
class Loaded:
    """What one Asterisk shows over AMI."""

    contexts: dict[str, dict[str, list[tuple[int, str, str, str]]]]
    endpoints: dict[str, str]
    aors: set[str]
    queues: dict[str, dict[str, str]]
    rules: str
    mailboxes: dict[tuple[str, str], tuple[str, str, str]]


async def loaded(switch: Switch) -> Loaded:
    """Read it back with the rights of the deploying account."""
    async with ManagerSession.open(switch, "cordboard-deploy", secret("deploy")) as session:
        contexts: dict[str, dict[str, list[tuple[int, str, str, str]]]] = {}
        for row in await session.rows("ShowDialPlan"):
            if row.get("Registrar") == "pbx_config" and "Priority" in row:
                step = (int(row["Priority"]), row["Application"], row.get("AppData", ""), row.get("ExtensionLabel", ""))
                contexts.setdefault(row["Context"], {}).setdefault(row["Extension"], []).append(step)
        endpoints = {}
        for row in await session.rows("PJSIPShowEndpoints"):
            detail = (await session.rows("PJSIPShowEndpoint", Endpoint=row["ObjectName"]))[0]
            endpoints[row["ObjectName"]] = detail["Callerid"]
        boxes = await session.rows("VoicemailUsersList")
        return Loaded(
            contexts=contexts,
            endpoints=endpoints,
            aors={row["ObjectName"] for row in await session.rows("PJSIPShowAors")},
            queues={
                row["Queue"]: {name: row[name] for name in ("Strategy", "Max", "Weight", "ServiceLevel")}
                for row in await session.rows("QueueStatus")
                if row["Event"] == "QueueParams"
            },
            rules=await switch.cli("queue show rules"),
            mailboxes={
                (row["VMContext"], row["VoiceMailbox"]): (row["Fullname"], row["Email"], row["AttachMessage"].lower())
                for row in boxes
            },
        )


def assert_is(shown: Loaded, wanted: Manifest) -> None:
    assert shown.contexts == {
        context: {
            extension: [(step.priority, step.application, step.data, step.label) for step in steps]
            for extension, steps in extensions.items()
        }
        for context, extensions in wanted.contexts.items()
    }
    assert shown.endpoints.keys() == wanted.endpoints.keys()
    assert shown.aors == wanted.aors.keys()
    assert shown.queues == wanted.queues
    assert re.findall(r"(?m)^Rule: (.*)", shown.rules) == list(wanted.rules)
    # Without a word of it, a box attaches: so the file's general section says.
    assert shown.mailboxes == {
        box: (options["Fullname"], options["Email"], options.get("AttachMessage", "yes"))
        for box, options in wanted.mailboxes.items()
    }


async def test_all_of_it_is_there_and_nothing_is_complained_about(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("node1")
    files = render(view_for(switch, SMALL, EVERYTHING))
    await switch.start(files)
    assert_is(await loaded(switch), manifest(files))
    assert switch.complaints() == []


async def test_every_reload_is_silent_and_changes_nothing(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("node1")
    files = render(view_for(switch, SMALL, EVERYTHING))
    await switch.start(files)
    async with ManagerSession.open(switch, "cordboard-deploy", secret("deploy")) as session:
        for name in files:
            # Touched and given another comment, or Asterisk would take it for unchanged and not read it.
            switch.write({name: f"; again\n{files[name]}"})
        for module in ("app_queue", "app_voicemail", "res_pjsip", "res_musiconhold", "pbx_config", "manager", "logger"):
            await session.act("Reload", Module=module)
    await switch.cli("core reload")
    await switch.wait_for("core waitfullybooted", "")
    assert_is(await loaded(switch), manifest(files))
    assert switch.complaints() == []


async def test_applications_and_functions_of_the_dialplan_are_loaded(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("node1")
    files = render(view_for(switch, SMALL, EVERYTHING))
    await switch.start(files)
    wanted = manifest(files)
    steps = [step for extensions in wanted.contexts.values() for each in extensions.values() for step in each]
    functions = {name for step in steps for name in re.findall(r"\$\{([A-Z_]+)\(", step.data)}
    functions |= {found[1] for step in steps if (found := re.match(r"([A-Z_]+)\(", step.data))}
    for application in sorted({step.application for step in steps}):
        assert "Your application" not in await switch.cli(f"core show application {application}"), application
    for function in sorted(functions):
        assert "No function" not in await switch.cli(f"core show function {function}"), function
    assert {"DIALPLAN_EXISTS", "PJSIP_DIAL_CONTACTS", "STAT", "POP", "PUSH", "FILTER"} <= functions


async def test_applications_that_evaluate_twice_are_not_even_loaded(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("node1")
    await switch.start(render(view_for(switch, SMALL, EVERYTHING)))
    for application in ("Exec", "TryExec", "ExecIf", "System", "TrySystem", "ExternalIVR"):
        assert "Your application" in await switch.cli(f"core show application {application}"), application
    for function in ("SHELL", "EVAL", "CURL", "REALTIME", "FILE"):
        shown = await switch.cli(f"core show function {function}")
        assert "No function" in shown or function in ("EVAL", "FILE"), function


def crowd(names: list[str]) -> CompanyView:
    """The company with one more person with a box for each name."""
    people = [
        PhoneView(
            id=f"p{number}",
            name=name,
            number=f"7{number:03}",
            secret=secret("phone"),
            language="fr",
            mailbox=f"p{number}",
            shows="+33123456789",
        )
        for number, name in enumerate(names)
    ]
    boxes = [VoicemailView(id=person.id, name=person.name) for person in people]
    return replace(
        EVERYTHING, phones=(*EVERYTHING.phones, *people), voicemails=(*EVERYTHING.voicemails, *boxes)
    )  # fmt: skip


def is_bearable(name: str) -> bool:
    try:
        escaping.caller_name(name)
        escaping.mailbox_name(name)
    except Unwritable:
        return False
    return True


async def test_hostile_names_load_as_their_harmless_twins_and_are_shown_whole(
    new_switch: Callable[..., Switch],
) -> None:
    switch = new_switch("node1")
    names = [name for name in PAYLOADS if is_bearable(name)]
    assert len(names) > 30
    harmless = render(view_for(switch, SMALL, named(crowd(["Plain"] * len(names)), "Plain")))
    await switch.start(harmless)
    twin = await loaded(switch)
    hostile = render(view_for(switch, SMALL, crowd(names)))
    switch.write(hostile)
    await switch.cli("core reload")
    shown = await loaded(switch)
    assert_is(shown, manifest(hostile))
    marker = "cordboard-generation-7"
    ends = re.compile(r"cordboard-end-.*")
    for context in twin.contexts.keys() - {marker}:
        assert ends.match(context) or shown.contexts[context] == twin.contexts[context]
    assert shown.endpoints.keys() == twin.endpoints.keys()
    assert {name for name in shown.queues if not ends.match(name)} == {
        name for name in twin.queues if not ends.match(name)
    }
    assert {box for box in shown.mailboxes if not ends.match(box[0])} == {
        box for box in twin.mailboxes if not ends.match(box[0])
    }
    for number, name in enumerate(names):
        caller = str(escaping.caller_name(name)).replace(r"\;", ";")
        assert shown.endpoints[f"acme-p{number}"] == f'"{caller}" <7{number:03}>'
        box = str(escaping.mailbox_name(name)).replace(r"\;", ";")
        assert shown.mailboxes["acme", f"p{number}"][0] == box.strip()
    assert switch.complaints() == []


@pytest.mark.parametrize("name", [name for name in PAYLOADS if not is_bearable(name)], ids=ascii)
def test_the_names_that_are_not_among_them_are_refused(name: str) -> None:
    with pytest.raises(ViewRefused):
        render(view_of(SMALL, named(EVERYTHING, name)))


async def test_an_existing_asterisk_takes_the_included_files(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("node1")
    folder = switch.folder / "cordboard"
    folder.mkdir()
    view = view_for(switch, SMALL, EVERYTHING, mode=Mode.INCLUDED, directories=Directories(etc=str(folder)))
    files = render(view)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    transport = f"[udp]\ntype=transport\nprotocol=udp\nbind={switch.sip}\n"
    dialplan = "[general]\n[theirs]\nexten => s,1,NoOp()\n"
    theirs = basis.files(switch, {"extensions.conf": dialplan, "pjsip.conf": transport})
    for name, lines in lines_to_add(view).items():
        theirs[name] = theirs[name] + "\n" + lines
    await switch.start(theirs)
    shown = await loaded(switch)
    assert shown.contexts.pop("theirs") == {"s": [(1, "NoOp", "", "")]}
    assert_is(shown, manifest(files))
    assert switch.complaints() == []
