"""What the commands about versions of menus tell: lines for people in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cordboard.desk.flow_versions import State, Version
from cordboard.journal.tally import Tally
from cordboard.provisioning.changes import Change
from cordboard.provisioning.menus import words_of
from cordboard.provisioning.words import said
from cordboard.store.records import FlowDraft, Publication
from cordboard.store.values import Company

FRENCH = {
    State.WAITING: "en attente",
    State.ON_TRIAL: "à l'essai",
    State.IN_FORCE: "en vigueur",
    State.SUPERSEDED: "remplacée",
    State.WITHDRAWN: "retirée",
}


def met_line(version: Publication, company: Company, language: str) -> str:
    """Which calls enter a version from now on."""
    number = version.version
    if version.starts is not None and version.starts > datetime.now(UTC):
        when = _when(version.starts, company)
        return said(language, f"version {number} from {when} on{_of(version, language)}",
                    f"version {number} à partir du {when}{_of(version, language)}")  # fmt: skip
    return said(
        language,
        f"calls enter version {number} now{_of(version, language)}",
        f"les appels entrent maintenant dans la version {number}{_of(version, language)}",
    )


def _of(version: Publication, language: str) -> str:
    if version.share is not None:
        return said(language, f", {version.share} % of them", f", {version.share} % d'entre eux")
    if version.did is not None:
        return said(language, f", those of number {version.did}", f", ceux du numéro {version.did}")
    return ""


def version_line(version: Version, company: Company, language: str) -> str:
    of = version.publication
    state = said(language, version.state.value, FRENCH[version.state])
    line = f"version {of.version}, {state}{_of(of, language)}: {_when(of.published_at, company)}, {of.by}"
    if of.starts is not None and version.state is not State.WITHDRAWN:
        line += said(language, ", entered from ", ", en vigueur dès ") + _when(of.starts, company)
    if of.withdrawn_at is not None:
        back = f"{_when(of.withdrawn_at, company)}, {of.withdrawn_by}"
        line += said(language, f"; taken back {back}", f" ; retirée {back}")
    return line


def tally_line(tally: Tally, days: int, language: str) -> str:
    """How its calls ended; no rates of no calls."""
    if tally.service_rate is None or tally.abandon_rate is None:
        return said(language, f"no calls in {days} days", f"aucun appel en {days} jours")
    served, lost = (f"{rate * 100:.0f} %" for rate in (tally.service_rate, tally.abandon_rate))
    return said(
        language,
        f"{tally.received} calls in {days} days, served {served}, abandoned {lost}",
        f"{tally.received} appels en {days} jours, servis {served}, abandonnés {lost}",
    )


def draft_line(draft: FlowDraft, company: Company, language: str) -> str:
    state = said(language, "checked", "vérifié") if draft.checked_at else said(language, "with errors", "avec erreurs")
    name = said(language, "draft", "brouillon")
    return f"{name}, {state}: {_when(draft.made_at, company)}, {draft.by}"


def _when(moment: datetime, company: Company) -> str:
    return f"{moment.astimezone(ZoneInfo(company.time_zone)):%Y-%m-%d %H:%M}"


def change_lines(changes: Sequence[Change], language: str) -> list[str]:
    """What differs for callers; at least a line."""
    words = words_of(changes, language)
    return [*words] or [said(language, "nothing differs for callers", "rien ne change pour les appelants")]
