"""What phones may dial outside: what is judged beforehand, what the dialplan decides, and how a plan says it."""

from __future__ import annotations

import re
from dataclasses import replace

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.provisioning.changes import Change, compare_inventories
from cordboard.provisioning.desired import desired
from cordboard.provisioning.dialled_out import why_denied
from cordboard.provisioning.inventory import inventory
from cordboard.provisioning.jumps import _pattern
from cordboard.provisioning.phrases import sentences
from cordboard.store.values import Company, Dialling, Outgoing
from dialplan_templates import manifest
from kit import acme

PLAIN = acme.company()
PERMITTED = replace(
    PLAIN,
    sites={"paris": replace(PLAIN.sites["paris"], outgoing="national")},
    people={
        **PLAIN.people,
        "amel": replace(PLAIN.people["amel"], site="paris"),
        "bruno": replace(PLAIN.people["bruno"], site="paris", outgoing="near"),
    },
    outgoing={
        "national": Outgoing(
            id="national",
            name="France",
            national=("fixed", "mobile", "short"),
            countries=("BE", "US"),
            prefixes=("+41",),
            never=("+4190", "+33700"),
        ),
        "near": Outgoing(id="near", name="Near", prefixes=("+331",)),
    },
    dialling=Dialling(prefix="0"),
)
CONTEXTS = manifest(desired([acme.tenant(PERMITTED)], acme.placement()).files(1, {})).contexts


def lets_out(context: str, number: str) -> bool:
    """Does Asterisk find this number in the context?"""
    return any(
        re.fullmatch(_pattern(exten), number) if exten.startswith("_") else exten == number
        for exten in CONTEXTS.get(context, ())
    )


numbers = st.one_of(
    st.sampled_from(["+33612345678", "+33123456789", "+33899123456", "+33700123456", "+3225123456", "+4144668180"]),
    st.sampled_from(["+41900123456", "+12125550100", "+18095550100", "+33", "3631", "118218", "+447911123456"]),
    st.from_regex(r"\+(33|32|41|1|44)[0-9]{7,10}", fullmatch=True),
    st.from_regex(r"[0-9]{2,12}", fullmatch=True),
)


@given(number=numbers, permission=st.sampled_from(["national", "near"]))
def test_what_is_judged_beforehand_is_what_asterisk_decides(number: str, permission: str) -> None:
    phone = PERMITTED.people["amel" if permission == "national" else "bruno"]
    if number.startswith("+") and not re.fullmatch(r"\+[0-9]{7,15}", number):
        assert why_denied(PERMITTED, phone, number) == "number"
        return
    if not number.startswith("+"):
        is_number = lets_out("cb-dialled-acme-g1", number)
        assert (why_denied(PERMITTED, phone, f"0{number}") != "number") == is_number
        return
    is_let_out = lets_out(f"cb-may-acme-{permission}-g1", number)
    is_never = lets_out(f"cb-never-acme-{permission}-g1", number)
    assert (why_denied(PERMITTED, phone, number) == "") == (is_let_out and not is_never)


@given(number=st.from_regex(r"\+33[1-9][0-9]{8}", fullmatch=True))
def test_national_numbers_are_of_the_kinds_that_the_library_says(number: str) -> None:
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    wanted = phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE
    is_named = kind in wanted and not number.startswith("+33700")
    assert (why_denied(PERMITTED, PERMITTED.people["amel"], number) == "") == is_named


@pytest.mark.parametrize(
    ("who", "dialled", "why"),
    [
        ("amel", "00612345678", ""),
        ("amel", "+41443643532", ""),
        ("amel", "+41900123456", "permission"),
        ("amel", "+410900123456", "permission"),
        ("amel", "0" + "612345678", ""),
        ("amel", "000" + "3225123456", ""),
        ("amel", "*3100612345678", ""),
        ("amel", "03010", ""),
        ("amel", "201", ""),
        ("chloe", "*98", ""),
        ("chloe", "*701", ""),
        ("amel", "112", ""),
        ("amel", "0112", ""),
        ("chloe", "15", ""),
        ("chloe", "00612345678", "permission"),
        ("bruno", "00612345678", "permission"),
        ("bruno", "00123456789", ""),
        ("amel", "00899123456", "permission"),
        ("amel", "0" + "118218", "permission"),
        ("amel", "+18095550100", "permission"),
        ("amel", "0999", "number"),
        ("amel", "612345678", "number"),
        ("amel", "+999", "number"),
    ],
)
def test_what_is_dialled(who: str, dialled: str, why: str) -> None:
    assert why_denied(PERMITTED, PERMITTED.people[who], dialled) == why


def test_without_a_word_of_it_nothing_is_generated() -> None:
    files = desired([acme.tenant()], acme.placement()).files(1, {})
    contexts = manifest(files).contexts
    assert not [name for name in contexts if "outside" in name or "may" in name or "dialled" in name]
    assert not [exten for exten in contexts["cordboard-phones-acme"] if exten.startswith("_") and exten != "_*7XX"]


def changes(before: Company, after: Company) -> list[Change]:
    return list(compare_inventories(*(inventory([acme.tenant(each)], None) for each in (before, after))))


def test_a_plan_says_who_gains_what() -> None:
    told = {language: [*_told(changes(PLAIN, PERMITTED), language)] for language in ("en", "fr")}
    assert "Amel Haddad may dial out: national" in told["en"]
    assert "Amel Haddad peut appeler l'extérieur : national" in told["fr"]
    assert "Bruno Müller may dial out: near" in told["en"]
    assert not [line for line in told["en"] if "Chloé" in line and "may dial out" in line]
    assert any(line.startswith("outgoing permission national (France) is new: national numbers") for line in told["en"])
    assert any(line.startswith("ajout : droit d'appel national (France), numéros nationaux") for line in told["fr"])
    assert "dialling out of acme is new: prefix 0; trunks carrier" in told["en"]


def test_a_plan_says_who_loses_it_and_what_becomes_wider() -> None:
    less = replace(PERMITTED, sites={"paris": replace(PERMITTED.sites["paris"], outgoing=None)})
    assert "Amel Haddad may no longer dial out (was national)" in _told(changes(PERMITTED, less), "en")
    wider = replace(PERMITTED.outgoing["national"], countries=("BE", "CU", "US"), longest=60)
    more = replace(PERMITTED, outgoing={**PERMITTED.outgoing, "national": wider})
    assert [*_told(changes(PERMITTED, more), "en")] == [
        "outgoing permission national: countries BE, US -> BE, CU, US",
        "outgoing permission national: longest call 14400 -> 60 s",
    ]


def test_somebody_new_who_may_dial_out_is_told_apart() -> None:
    new = replace(PERMITTED.people["amel"], id="zoe", name="Zoé", extension="209")
    made = changes(PERMITTED, replace(PERMITTED, people={**PERMITTED.people, "zoe": new}))
    (phone,) = [change for change in made if change.kind == "phone"]
    assert phone.follows == ()
    assert sentences(phone) == ("phone 209 (Zoé) is new: dials out national",)


def _told(made: list[Change], language: str) -> list[str]:
    return [sentence for change in made for sentence in sentences(change, language)]
