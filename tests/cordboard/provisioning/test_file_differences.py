"""Lines of files: what differs is there, numbers of generations are not, and no secret in any form."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.provisioning.desired import Desired, desired
from cordboard.provisioning.file_differences import file_differences
from cordboard.provisioning.generations import Generation, Generations
from cordboard.provisioning.planned_files import planned_differences
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Company
from dialplan_templates.views import Mode
from kit import acme
from kit.companies import companies
from kit.tenants import PIN, SECRET, tenant_of


def wanted(tenant: Tenant | None = None, mode: Mode = Mode.OWNED) -> Desired:
    return desired([tenant or acme.tenant()], acme.placement(mode=mode))


def renewed() -> Tenant:
    tenant = acme.tenant()
    return replace(
        tenant,
        sip_secrets={**tenant.sip_secrets, "amel": "another-secret-0123456789"},
        pins={**tenant.pins, "amel": "112233"},
    )


@pytest.mark.parametrize("mode", list(Mode))
def test_two_generations_of_the_same_do_not_differ(mode: Mode) -> None:
    same = wanted(mode=mode)
    third = same.files(3, {})
    fourth = same.files(4, {3: next(text for name, text in third.items() if name.startswith("contexts-g"))})
    assert file_differences(third, fourth) == ""
    assert file_differences(fourth, third) == ""


def test_the_number_of_the_generation_is_no_other_number() -> None:
    first = wanted().files(1, {})
    there = file_differences({}, first)
    assert "AGI(agi://127.0.0.1:4573/menu,acme,main,N)" in there
    assert "Goto(cb-message-gN,acme-closed,1)" in there
    assert file_differences(first, wanted().files(2, {})) == ""


def test_a_queue_is_told_with_its_section() -> None:
    company = acme.company()
    queue = replace(company.queues["english"], ring=20)
    later = wanted(acme.tenant(replace(company, queues={**company.queues, "english": queue})))
    assert (
        file_differences(wanted().files(3, {}), later.files(9, {}))
        == """\
--- a/queues.conf
+++ b/queues.conf
@@ [acme-english] @@
 strategy=leastrecent
 ringinuse=no
 autofill=yes
-timeout=15
+timeout=20
 retry=1
 timeoutrestart=no
 wrapuptime=0
"""
    )


@pytest.mark.parametrize("mode", list(Mode))
def test_a_new_secret_is_told_and_hidden(mode: Mode) -> None:
    there = file_differences(wanted(mode=mode).files(3, {}), wanted(renewed(), mode).files(4, {}))
    assert "-password=(hidden)\n+password=(hidden, a new one)\n" in there
    assert "-amel => (hidden),Amel Haddad,,,attach=no\n+amel => (hidden, a new one),Amel Haddad,,,attach=no\n" in there
    for secret in ("another-secret", "amel-sip-secret", "112233", "490817"):
        assert secret not in there


def test_passwords_that_are_exchanged_differ() -> None:
    tenant = acme.tenant()
    amel, bruno = tenant.sip_secrets["amel"], tenant.sip_secrets["bruno"]
    exchanged = replace(tenant, sip_secrets={**tenant.sip_secrets, "amel": bruno, "bruno": amel})
    there = file_differences(wanted().files(3, {}), wanted(exchanged).files(4, {}))
    assert there.count("+password=(hidden, a new one)") == 2


def test_a_first_generation_shows_no_secret() -> None:
    there = file_differences({}, wanted().files(1, {}))
    assert "+++ b/manager.conf" in there
    for secret in ("sip-secret", "490817", acme.RUN_SECRET, acme.DEPLOY_SECRET):
        assert secret not in there


HUSH = "Xy7-secret!@value"
BY_HAND = [
    f"password = {HUSH}",
    f"password={HUSH} ; as agreed",
    f"  secret => {HUSH}",
    f";secret={HUSH}",
    f"md5secret={HUSH}",
    f"remotesecret = {HUSH}",
    f"md5_cred={HUSH}",
    f"vmsecret={HUSH}",
    f"dbpasswd={HUSH}",
    f"oauth_clientid_secret = {HUSH}",
    f"refresh_token={HUSH}",
    f"PASSWORD={HUSH}",
    f"pin={HUSH}",
]


@pytest.mark.parametrize("line", BY_HAND)
@pytest.mark.parametrize("name", ["pjsip.conf", "manager.conf", "cordboard_pjsip.conf", "foreign.conf"])
def test_what_somebody_wrote_by_hand_hides_its_secret(name: str, line: str) -> None:
    there = file_differences({name: "[a]\n"}, {name: f"[a]\n{line}\n"})
    assert "(hidden)" in there
    assert "Xy7" not in there
    assert "value" not in there


@pytest.mark.parametrize("line", ["amel => 4711,Amel", "amel = -4711,Amel,,,", "amel=>4711", ";amel => 4711,Amel"])
def test_a_box_written_by_hand_hides_its_pin(line: str) -> None:
    there = file_differences({"voicemail.conf": ""}, {"voicemail.conf": f"[general]\nformat=wav\n[acme]\n{line}\n"})
    assert "4711" not in there
    assert "+format=wav" in there


def test_a_password_in_an_address_is_hidden() -> None:
    line = "client_uri=sip:acme:hush4711@carrier.example\n#exec curl https://me:hush4711@host/x\n"
    there = file_differences({}, {"pjsip.conf": line})
    assert "hush4711" not in there
    assert "@carrier.example" in there


@given(st.from_regex(r"Z[A-Za-z0-9._~-]{14,40}", fullmatch=True))
def test_no_secret_of_any_letters_is_shown(secret: str) -> None:
    tenant = acme.tenant()
    odd = replace(tenant, sip_secrets={**tenant.sip_secrets, "amel": secret})
    there = file_differences({}, wanted(odd).files(1, {})) + file_differences(
        wanted().files(1, {}), wanted(odd).files(2, {})
    )
    assert secret not in there


@settings(max_examples=12, deadline=None)
@given(companies(), companies(), st.sampled_from(list(Mode)))
def test_no_company_shows_a_secret(one: Company, other: Company, mode: Mode) -> None:
    had, has = (
        desired([tenant_of(company, salt)], acme.placement(mode=mode)) for salt, company in enumerate((one, other))
    )
    files = [each.files(number, {}) if each.is_possible else {} for number, each in enumerate((had, has), start=1)]
    for before, after in (files, files[::-1], ({}, files[0]), (files[1], {})):
        there = file_differences(before, after)
        assert SECRET not in there
        assert not re.search(rf"{PIN}00[01]", there)
        for secret in (acme.RUN_SECRET, acme.DEPLOY_SECRET):
            assert secret not in there


# --- of a plan -------------------------------------------------------------------------------------------------------


def test_a_plan_tells_lines_by_hand_and_lines_to_come(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    now = wanted()
    with generations.lock("amel", "test"):
        generations.prepare(
            Generation(
                number=3,
                base=None,
                by="amel",
                created=datetime(2026, 11, 21, tzinfo=UTC),
                wanted=now.identity,
                files=now.files(3, {}),
                notes={},
            )
        )
        generations.switch(3)
    assert planned_differences(now, generations) == ""
    path = generations.path(3) / "queues.conf"
    path.write_text(path.read_text().replace("maxlen=50", "maxlen=5", 1))
    (generations.path(3) / "extra.conf").write_text("[x]\nsecret=hush4711\n")
    company = acme.company()
    queue = replace(company.queues["english"], ring=20)
    later = wanted(acme.tenant(replace(company, queues={**company.queues, "english": queue})))
    there = planned_differences(later, generations)
    by_hand, to_come = there.split("# what an apply would write\n")
    assert by_hand.startswith("# edited by hand since generation 3 was written\n--- /dev/null\n+++ b/extra.conf\n")
    assert "-maxlen=50\n+maxlen=5\n" in by_hand
    assert "hush4711" not in by_hand
    assert "-timeout=15\n+timeout=20\n" in to_come
    assert "maxlen" not in to_come
