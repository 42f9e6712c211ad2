"""What phones may dial outside, compiled: number plans become the patterns that Asterisk compares with. Pure."""

from __future__ import annotations

from functools import cache

from cordboard.store.number_patterns import fits
from cordboard.store.numbers import (
    KINDS,
    ORDINARY,
    costs_extra,
    countries,
    dialled_ways,
    help_plan,
    is_e164,
    no_numbers,
    plan_of,
    short_plan,
)
from cordboard.store.values import Company, Outgoing, Person, Phone
from dialplan_templates.check import OWN_NUMBERS
from dialplan_templates.names import HIDER, LENGTHS_ABROAD
from dialplan_templates.views import DialledView, OutgoingView, PermissionView


def outgoing_of(company: Company) -> OutgoingView | None:
    """None for a company whose file says nothing of it: its phones dial nothing outside."""
    dialling = company.dials_out
    if dialling is None:
        return None
    permissions = [_permission(permission, company.country) for _, permission in sorted(company.outgoing.items())]
    helping = help_plan(company.country)
    return OutgoingView(
        prefix=dialling.prefix,
        dialled=tuple(
            DialledView(pattern=way.pattern, stripped=way.stripped, put=way.put)
            for way in dialled_ways(company.country)
            if way.pattern not in helping
        ),
        short=tuple(short_plan(company.country, KINDS)),
        help=tuple(helping),
        permissions=tuple(permissions),
        trunks=tuple(trunk.id for trunk in company.ways_out()),
        most_calls=dialling.most_calls,
    )


def why_denied(company: Company, phone: Person | Phone, dialled: str) -> str:
    """Why the company as it stands lets this phone not dial that: number (it is none) or permission; "" where it does,
    and for what is dialled inside. How many calls are up, only the switch knows."""
    outgoing = outgoing_of(company)
    if outgoing is None or dialled in OWN_NUMBERS or dialled in company.numbers_inside():
        return ""
    number = _number(outgoing, dialled)
    if number is None:
        return "number"
    if not number:
        return ""
    permission = company.permission_of(phone)
    return "" if permission and _lets(outgoing, permission.id, number) else "permission"


def may_be_called(company: Company, outgoing: str, number: str) -> bool:
    """May somebody who asks for it be called at this number (E.164), by what may be dialled as this item of `outgoing`
    says? Never at one that costs more than a conversation, nor at one of the company's own."""
    view = outgoing_of(company)
    if view is None or not view.trunks or number in {did.number for did in company.dids.values()}:
        return False
    return is_e164(number) and not costs_extra(number) and _lets(view, outgoing, number)


def _lets(outgoing: OutgoingView, permission: str, number: str) -> bool:
    allowed = next((each for each in outgoing.permissions if each.id == permission), None)
    if allowed is None or number.startswith(allowed.never):
        return False
    return number.startswith(allowed.prefixes) or any(fits(pattern, number) for pattern in allowed.numbers)


def _number(outgoing: OutgoingView, dialled: str) -> str | None:
    """What is dialled as a number, "" if it is a call for help; None where it is neither."""
    dialled = dialled.removeprefix(HIDER)
    if dialled.startswith("+"):
        return dialled if dialled[1:].isdecimal() and len(dialled[1:]) in LENGTHS_ABROAD else None
    if any(fits(pattern, dialled) for pattern in outgoing.help):
        return ""
    if not dialled.startswith(outgoing.prefix):
        return None
    behind = dialled.removeprefix(outgoing.prefix)
    if any(fits(pattern, behind) for pattern in outgoing.help):
        return ""
    for way in outgoing.dialled:
        if fits(way.pattern, behind):
            return f"+{way.put}{behind[way.stripped :]}"
    return behind if any(fits(pattern, behind) for pattern in outgoing.short) else None


def _permission(permission: Outgoing, country: str) -> PermissionView:
    numbers = [f"+{pattern}" for pattern in plan_of(country, permission.national)]
    numbers += short_plan(country, permission.national)
    for named in countries() if permission.world else permission.countries:
        numbers += _ordinary(named)
    # What a prefix names is held against no plan.
    never = [*permission.never, *(none for prefix in permission.prefixes for none in no_numbers(prefix))]
    return PermissionView(
        id=permission.id,
        name=permission.name,
        numbers=tuple(dict.fromkeys(numbers)),
        prefixes=permission.prefixes,
        never=tuple(dict.fromkeys(never)),
        most_calls=permission.most_calls,
        longest_seconds=permission.longest,
    )


@cache
def _ordinary(country: str) -> tuple[str, ...]:
    return tuple(f"+{pattern}" for pattern in plan_of(country, ORDINARY))
