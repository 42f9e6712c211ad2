"""Conferences in a plan: said in words, PINs by fingerprints alone, and refused where Asterisk could not hold them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cordboard.provisioning.actual import READ
from cordboard.provisioning.changes import compare_inventories
from cordboard.provisioning.checks import check
from cordboard.provisioning.desired import desired
from cordboard.provisioning.file_differences import file_differences
from cordboard.provisioning.inventory import fingerprint, inventory
from cordboard.provisioning.loaded import needed_modules
from cordboard.provisioning.modules import DIALPLAN, module_of
from cordboard.provisioning.phrases import sentences
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Conference
from dialplan_templates import manifest
from dialplan_templates.views import Mode
from kit import acme

STAFF = Conference(id="staff", name="Staff", number="800")
GUEST, HOST = "4815162", "34210815"


def tenant(conference: Conference = STAFF, guest: str = GUEST, host: str = HOST) -> Tenant:
    company = acme.company(conferences={conference.id: conference})
    return replace(acme.tenant(company), guest_pins={conference.id: guest}, host_pins={conference.id: host})


def told(before: Tenant, after: Tenant, language: str = "en") -> list[str]:
    changes = compare_inventories(inventory([before], None), inventory([after], None))
    return [sentence for change in changes for sentence in sentences(change, language)]


def test_what_comes_and_what_changes_is_said_in_words() -> None:
    new = told(acme.tenant(), tenant())
    assert new == ["conference staff (Staff) is new: extension 800; most members 20"]
    later = tenant(replace(STAFF, wait_for_host=True, most_members=9), guest="1111111")
    changed = told(tenant(), later)
    assert "conference staff: most members 20 -> 9" in changed
    assert any("PIN of guests" in sentence for sentence in changed)
    assert any("code des invités" in sentence for sentence in told(tenant(), later, "fr"))
    for sentence in changed:
        assert GUEST not in sentence
        assert "1111111" not in sentence
        assert fingerprint("1111111") not in sentence


@pytest.mark.parametrize("mode", list(Mode))
def test_lines_of_files_hide_the_digests_of_pins(mode: Mode) -> None:
    before, after = (
        desired([each], acme.placement(mode=mode)).files(1, {}) for each in (tenant(), tenant(guest="1111111"))
    )
    lines = file_differences(before, after)
    assert "-GUEST:(hidden)\n+GUEST:(hidden, a new one)\n" in lines
    changed = [name for name in before if before[name] != after[name]]
    [pins] = [name for name in changed if "pins-" in name]
    assert module_of(pins) == DIALPLAN
    for line in before[pins].splitlines()[1:]:
        assert line.partition(":")[2] not in file_differences({}, before)


def test_modules_are_asked_for_where_there_is_a_conference() -> None:
    def needed(each: Tenant) -> set[str]:
        wanted = desired([each], acme.placement())
        return set(needed_modules(manifest(wanted.files(1, {})), wanted.inventory, READ))

    assert needed(tenant()) - needed(acme.tenant()) == {"app_authenticate", "app_confbridge"}


def test_a_conference_that_nobody_reaches_is_a_warning_and_a_number_is_nobody_elses() -> None:
    [warning] = [each for each in check([tenant(replace(STAFF, number=None))]) if each.where == "conference staff"]
    assert warning.is_warning
    assert warning.what == "no call ever comes here"
    [taken] = [each for each in check([tenant(replace(STAFF, number="201"))]) if each.where == "extension 201"]
    assert taken.what == "belongs to phone amel and conference staff"
    assert taken.row == "acme: conferences.staff.number"
