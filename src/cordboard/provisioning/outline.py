"""A plan as lines in the order in which it is read: what forbids it, what it costs, what changes, what drifted.

Consequences stand under their cause, and of many changes of a kind the first ones, unless everything is asked for.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from cordboard.provisioning.changes import Action, Author, Change, Effect, Thing
from cordboard.provisioning.effects import InForce, in_force
from cordboard.provisioning.phrases import consequences, sentences, subject
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.verify import Difference, Place
from cordboard.provisioning.words import FRENCH, listed, noun, printable, said
from cordboard.store.values import split_switch_name

SHOWN = 10
"""How many changes of one kind, differences or harmful effects are told before the rest is counted."""

SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("People and phones", "Personnes et postes", ("person", "phone", "voicemail box", "pause reason")),
    ("Queues", "Files", ("queue", "relaxation")),
    ("Conferences", "Conférences", ("conference",)),
    ("Numbers", "Numéros", ("DID",)),
    ("Menus and hours", "Menus et horaires", ("menu", "step", "opening", "announcement", "hours", "prompt", "message")),
    (
        "Trunks, dialling out and blocked callers",
        "Liaisons, appels sortants et appelants bloqués",
        ("trunk", "dialling out", "outgoing permission", "blocked caller"),
    ),
    ("Companies", "Entreprises", ("company",)),
    ("Asterisk", "Asterisk", ("switch", "manager account", "file")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """`indent` steps in; a line that is too long goes on one step further in."""

    indent: int
    text: str


def outline(plan: Plan, *, language: str = "en", is_verbose: bool = False) -> tuple[Line, ...]:
    """The whole plan. `language`: en or fr. `is_verbose`: every change and every consequence."""
    return tuple(_Outline(plan, language, is_verbose).lines())


def outline_changes(changes: Sequence[Change], *, language: str = "en", is_verbose: bool = False) -> tuple[Line, ...]:
    """Changes alone, by section: what differs between two generations."""
    return tuple(_Changes(changes, language, is_verbose).lines())


class _Outline:
    def __init__(self, plan: Plan, language: str, is_verbose: bool) -> None:
        self._plan = plan
        self._language = language
        self._say = partial(said, language)
        self._is_verbose = is_verbose

    def lines(self) -> Iterator[Line]:
        yield from self._problems()
        yield from self._effects()
        changes = _Changes(
            self._plan.effective, self._language, self._is_verbose, tells_when=self._plan.base is not None
        )
        yield from changes.lines()
        yield from self._drift()
        if not self._plan.is_asterisk_read:
            yield Line(
                0,
                self._say(
                    "Asterisk was not reached: what it runs was not looked at.",
                    "Asterisk n'a pas répondu : ce qu'il exécute n'a pas été regardé.",
                ),
            )
        yield from self._end()

    def _problems(self) -> Iterator[Line]:
        """All errors; of many warnings the first."""
        errors = [problem for problem in self._plan.problems if not problem.is_warning]
        warnings = [problem for problem in self._plan.problems if problem.is_warning]
        yield from (Line(0, f"{self._say('error', 'erreur')}: {_with_row(problem)}") for problem in errors)
        shown = warnings if self._is_verbose else warnings[: 2 * SHOWN]
        yield from (Line(0, f"{self._say('warning', 'avertissement')}: {_with_row(problem)}") for problem in shown)
        if len(warnings) > len(shown):
            yield Line(0, _and_more(len(warnings) - len(shown), self._language))

    def _effects(self) -> Iterator[Line]:
        own = [effect for effect in self._plan.effects if effect.is_harmful]
        harmful = [effect.told(self._language) for effect in own]
        for change in self._plan.effective:
            about = subject(change, self._language)
            harmful += [f"{about}: {effect.told(self._language)}" for effect in change.effects if effect.is_harmful]
        shown = harmful if self._is_verbose else harmful[:SHOWN]
        if shown:
            yield Line(0, self._say("HARM TO CALLS AND PEOPLE NOW:", "DOMMAGE AUX APPELS ET AUX PERSONNES :"))
            yield from (Line(1, f"!! {text}") for text in shown)
            if len(harmful) > len(shown):
                yield Line(1, _and_more(len(harmful) - len(shown), self._language))
        quiet = [effect for effect in self._plan.effects if not effect.is_harmful]
        if quiet:
            yield Line(0, self._say("For calls in progress:", "Pour les appels en cours :"))
            yield from (Line(1, effect.told(self._language)) for effect in quiet)

    def _drift(self) -> Iterator[Line]:
        drift = self._plan.drift
        if not drift:
            return
        base = self._plan.base
        yield Line(
            0,
            self._say(
                f"Not as generation {base} was left (the apply ends in what the database wants):",
                f"Pas tel que laissé par la génération {base} (l'application rétablit ce que veut la base) :",
            ),
        )
        shown = drift if self._is_verbose else drift[: 2 * SHOWN]
        yield from (Line(1, f"! {self._told(difference)}") for difference in shown)
        if len(drift) > len(shown):
            yield Line(1, _and_more(len(drift) - len(shown), self._language))

    def _told(self, difference: Difference) -> str:
        if difference.place is Place.FILE and difference.kind == "file":
            if difference.found.startswith("added"):
                return self._say(
                    f"file {difference.name} was added by hand: it goes",
                    f"fichier {difference.name} ajouté à la main : il sera retiré",
                )
            french = "retiré" if difference.found.startswith("removed") else "modifié"
            return self._say(
                f"file {difference.name} was {difference.found}: it is written anew "
                "(`cordboard plan --files` shows the lines)",
                f"fichier {difference.name} {french} à la main : il sera réécrit "
                "(`cordboard plan --files` montre les lignes)",
            )
        if difference.module and difference.module in self._plan.reloads:
            mends = self._say(
                f"{difference.module} is loaded anew from the files", f"{difference.module} est rechargé des fichiers"
            )
            return f"{difference}: {mends}"
        return f"{difference}: {self._say('no apply mends this', 'aucune application ne corrige cela')}"

    def _end(self) -> Iterator[Line]:
        plan = self._plan
        if plan.is_refused:
            yield Line(0, self._say("This plan cannot be applied.", "Ce plan ne peut pas être appliqué."))
            return
        if plan.is_empty:
            yield Line(
                0,
                self._say("Nothing to do: everything is as it is wanted.", "Rien à faire : tout est comme voulu."),
            )
            return
        counts = plan.counts
        add, change, remove, keep = (
            counts[action] for action in (Action.ADD, Action.CHANGE, Action.REMOVE, Action.KEEP)
        )
        yield Line(
            0,
            self._say(
                f"Plan {plan.identity}: {add} to add, {change} to change, {remove} to remove, {keep} unchanged.",
                f"Plan {plan.identity} : {add} à ajouter, {change} à modifier, {remove} à retirer, {keep} inchangés.",
            ),
        )
        if plan.reloads:
            modules = ", ".join(plan.reloads)
            yield Line(0, self._say(f"Reloads: {modules}.", f"Rechargements : {modules}."))
        if plan.restarts:
            what = ", ".join(plan.restarts)
            yield Line(
                0,
                self._say(
                    f"Taken over only when Asterisk is restarted: {what}.",
                    f"Repris seulement au redémarrage d'Asterisk : {what}.",
                ),
            )


def _with_row(problem: PlanProblem) -> str:
    return f"{problem} [{problem.row}]" if problem.row else str(problem)


def _and_more(number: int, language: str, what: str = "") -> str:
    more = said(language, f"and {number} more", f"et {number} de plus")
    return f"... {more}{what} (--verbose)"


class _Changes:
    """Changes by section and kind, consequences under their causes."""

    def __init__(self, changes: Sequence[Change], language: str, is_verbose: bool, *, tells_when: bool = False) -> None:
        self._language = language
        self._say = partial(said, language)
        self._is_verbose = is_verbose
        self._tells_when = tells_when
        self._are_several = len({change.company for change in changes} - {""}) > 1
        self._by_kind: dict[str, list[Change]] = {}
        self._consequences: dict[Thing, list[Change]] = {}
        for change in changes:
            for cause in change.follows:
                self._consequences.setdefault(cause, []).append(change)
            if is_verbose or not change.follows:
                self._by_kind.setdefault(change.kind, []).append(change)
        # what is no company's (the switch, its manager accounts) comes of the settings: nobody made it
        made = [change for change in changes if not change.follows and change.company]
        authors = {change.authors for change in made}
        self._author = next(iter(authors)) if len(authors) == 1 and len(made) > 1 else ()

    def lines(self) -> Iterator[Line]:
        if self._author:
            yield Line(0, self._say("All by ", "Tout par ") + _signed(self._author, self._language))
        known = {kind for _, _, kinds in SECTIONS for kind in kinds}
        others = ("Other", "Autres", tuple(sorted(self._by_kind.keys() - known)))
        for english, french, kinds in (*SECTIONS, others):
            if any(kind in self._by_kind for kind in kinds):
                yield Line(0, self._say(english, french))
                for kind in kinds:
                    yield from self._kind(kind)

    def _kind(self, kind: str) -> Iterator[Line]:
        changes = self._by_kind.get(kind, [])
        shown = changes if self._is_verbose or len(changes) <= SHOWN + 1 else changes[:SHOWN]
        for change in shown:
            yield from self._change(change)
        rest = Counter(change.action for change in changes[len(shown) :])
        if rest:
            words = {
                Action.ADD: self._say("to add", "à ajouter"),
                Action.CHANGE: self._say("to change", "à modifier"),
                Action.REMOVE: self._say("to remove", "à retirer"),
            }
            counted = ", ".join(f"{rest[action]} {word}" for action, word in words.items() if rest[action])
            yield Line(1, _and_more(rest.total(), self._language, f" ({noun(kind, self._language)}: {counted})"))

    def _change(self, change: Change) -> Iterator[Line]:
        company = f"[{change.company}] " if self._are_several and change.company else ""
        for sentence in sentences(change, self._language):
            yield Line(1, f"{change.action} {company}{sentence}")
        if self._is_verbose:
            yield from self._details(change)
        yield from (Line(3, text) for text in self._follow(change))
        yield from (Line(3, _effect(effect, self._language)) for effect in change.effects)
        if text := "; ".join(self._when_and_who(change)):
            yield Line(3, text)

    def _details(self, change: Change) -> Iterator[Line]:
        if change.action is Action.ADD:
            yield from (Line(3, f"{key}: {value}") for key, value in change.after.items() if key != "name")
        if change.follows:
            causes = ", ".join(
                f"{noun(kind, self._language)} {split_switch_name(name)[1]}" for kind, name in change.follows
            )
            yield Line(3, self._say(f"follows from {causes}", f"découle de {causes}"))

    def _follow(self, change: Change) -> Iterator[str]:
        """What follows from this change, in a few words."""
        found = self._consequences.get(change.thing, ())
        if not found or self._is_verbose:
            return
        if people := [each for each in found if each.kind == "person"]:
            _, queue = split_switch_name(change.name)
            yield consequences(queue, people, self._language)
        for each in found:
            if each.kind == "relaxation" and each.action is not Action.REMOVE:
                about = subject(each, self._language)
                yield from (text.removeprefix(about).lstrip(" :") for text in sentences(each, self._language))
        along = [subject(each, self._language) for each in found if each.kind in ("phone", "voicemail box")]
        if along and change.action is not Action.CHANGE:
            yield f"{self._say('with', 'avec')} {listed([_without_name(each) for each in along], self._language)}"

    def _when_and_who(self, change: Change) -> Iterator[str]:
        if self._tells_when:  # with a first generation everything is loaded at once
            yield from self._when(change)
        if change.authors and change.authors != self._author:
            yield _signed(change.authors, self._language)

    def _when(self, change: Change) -> Iterator[str]:
        along = [each for each in self._consequences.get(change.thing, ()) if each.kind in ("phone", "voicemail box")]
        reload = change.reload if not along else dict.fromkeys(module for each in along for module in each.reload)
        modules = ", ".join(module for module in reload if module != "restart")
        match InForce.APPLY if along and modules else in_force(change):
            case InForce.RESTART:
                yield self._say("by a restart of Asterisk", "par un redémarrage d'Asterisk")
            case InForce.IMPORT:
                copy = self._say("; Asterisk's own copy by reload of ", " ; copie d'Asterisk par rechargement de ")
                since = self._say("in force since its import", "en vigueur depuis l'import")
                yield f"{since}{copy}{modules}" if modules else since
            case _ if modules:
                yield self._say(f"reload of {modules}", f"rechargement de {modules}")
            case _:
                pass


def _effect(effect: Effect, language: str) -> str:
    return f"{'!! ' if effect.is_harmful else ''}{effect.told(language)}"


def _without_name(about: str) -> str:
    """`phone 204 (Eve)` stands under Eve: her name is not said again."""
    return about.partition(" (")[0]


def _signed(authors: Sequence[Author], language: str) -> str:
    """The last one who touched it, and how many did before."""
    last, before = authors[-1], sorted({author.by for author in authors} - {authors[-1].by})
    since = f"{last.by}, {last.at:%Y-%m-%d %H:%M} UTC, "
    if language == FRENCH:
        return f"{since}révision {last.revision}" + (f", et avant {listed(before, language)}" if before else "")
    return f"{since}revision {last.revision}" + (f", and before {listed(before, language)}" if before else "")


# --- on a terminal ---------------------------------------------------------------------------------------------------


def wrapped(lines: Sequence[Line], width: int = 0) -> str:
    """The lines as text. `width` in columns; 0: as long as they are."""
    return "".join(f"{row}\n" for line in lines for row in _rows(line.indent, printable(line.text), width))


def _rows(indent: int, text: str, width: int) -> Iterator[str]:
    row, limit = "  " * indent, max(width, 20)
    if not width or _columns(row) + _columns(text) <= width:
        yield row + text
        return
    is_fresh = True
    for word in text.split(" "):
        if not is_fresh and _columns(row) + 1 + _columns(word) > limit:
            yield row
            row, is_fresh = "  " * (indent + 2), True
        row += word if is_fresh else f" {word}"
        is_fresh = False
    yield row


def _columns(text: str) -> int:
    """The columns that a terminal gives to a text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )
