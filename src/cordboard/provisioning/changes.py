"""What differs between two configurations: each thing of the trade, who touched it, what follows from what. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cordboard.provisioning.inventory import SECRETS, Inventory, Parameters
from cordboard.provisioning.modules import TOUCHED
from cordboard.store.records import RevisionEntry
from cordboard.store.values import split_switch_name, switch_name

Thing = tuple[str, str]
"""Kind and name of something, as the inventory has them: ("queue", "acme-support")."""

OF_NO_COMPANY = frozenset({"switch", "manager account", "file"})
"""Kinds of things that belong to the switch."""
MEMBERSHIP = "in queue "
"""What the parameters begin with that tell of a person's place in a queue. They follow from skills and requirements."""

TELLS_OF: Mapping[str, tuple[str, ...]] = {
    "company": ("company",),
    "person": ("person", "phone", "voicemail box"),
    "phone": ("phone",),
    "hours": ("hours",),
    "prompt": ("prompt",),
    "message": ("message",),
    "voicemail": ("voicemail box",),
    "conference": ("conference",),
    "queue": ("queue", "relaxation"),
    "menu": ("menu",),
    "step": ("step",),
    "did": ("DID",),
    "trunk": ("trunk",),
    "outgoing": ("outgoing permission",),
    "dialling": ("dialling out",),
    "blocked": ("blocked caller",),
}
"""What the inventory knows a part of the company file as. Names of skills and sites are no part of a configuration."""


class Action(StrEnum):
    """What happens to one thing, as it is shown."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"
    KEEP = "="


@dataclass(frozen=True, slots=True)
class Author:
    """Who touched something, when (UTC), and with which revision of the company."""

    by: str
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change means for live calls and people. A harmful one costs somebody a call or his place."""

    text: str
    """English."""
    french: str
    is_harmful: bool = False

    def told(self, language: str) -> str:
        return self.french if language == "fr" else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing of the trade. `before` and `after` hold the parameters that differ; all, for what comes or goes.

    `reload`: the modules that take it over; "restart" where only a restart of Asterisk does.
    """

    action: Action
    kind: str
    name: str
    title: str = ""
    """Its display text, if it has one."""
    number: str = ""
    """What is dialled to reach it, if anything is."""
    before: Parameters = field(default_factory=dict)
    after: Parameters = field(default_factory=dict)
    reload: tuple[str, ...] = ()
    follows: tuple[Thing, ...] = ()
    """The changes of which this one is but a consequence; empty for one that somebody made."""
    authors: tuple[Author, ...] = ()
    """Who touched it since the generation in force was made, newest last; empty: not known."""
    effects: tuple[Effect, ...] = ()

    @property
    def thing(self) -> Thing:
        return self.kind, self.name

    @property
    def company(self) -> str:
        """The company whose thing it is; empty for what belongs to the switch."""
        if self.kind in OF_NO_COMPANY:
            return ""
        if self.kind in ("company", "dialling out"):
            return self.name
        return self.name.partition(" ")[0] if self.kind == "blocked caller" else split_switch_name(self.name)[0]

    @property
    def moves_sip_transport(self) -> bool:
        """Is it one of the SIP transport, which Asterisk takes over when it starts and not before?"""
        return self.kind == "switch" and self.action is Action.CHANGE and "SIP" in self.after

    @property
    def parameters(self) -> tuple[str, ...]:
        """What differs, in the order of the inventory."""
        return tuple({**self.before, **self.after})


def compare_inventories(before: Inventory, after: Inventory) -> tuple[Change, ...]:
    """What differs, by kind and name, with causes. `reload` names all modules that a change of its kind can concern."""
    everything = frozenset(module for modules in TOUCHED.values() for module in modules)
    changes = [change for change in all_changes(before, after, everything) if change.action is not Action.KEEP]
    return with_causes(changes)


def all_changes(before: Inventory, after: Inventory, touched: Container[str]) -> Iterator[Change]:
    """Each thing of both, also what stays. `touched`: the modules whose files differ."""
    for kind in sorted(before.keys() | after.keys()):
        had, has = before.get(kind, {}), after.get(kind, {})
        reload = tuple(module for module in TOUCHED.get(kind, ()) if module in touched)
        for name in sorted(had.keys() | has.keys()):
            yield _change(kind, name, had.get(name), has.get(name), reload)


def _change(kind: str, name: str, had: Parameters | None, has: Parameters | None, reload: tuple[str, ...]) -> Change:
    known = has or had or {}
    title, number = known.get("name", ""), known.get("number") or known.get("extension", "")
    if had == has:
        return Change(action=Action.KEEP, kind=kind, name=name, title=title, number=number)
    if had is None or has is None:
        action = Action.ADD if had is None else Action.REMOVE
        differing = list(known)
    else:
        action = Action.CHANGE
        differing = [key for key in {**had, **has} if had.get(key) != has.get(key)]
    hidden = "a new one" if action is Action.CHANGE else "hidden"
    return Change(
        action=action,
        kind=kind,
        name=name,
        title=title,
        number=number,
        before={key: _shown(key, had[key], "hidden") for key in differing if had and key in had},
        after={key: _shown(key, has[key], hidden) for key in differing if has and key in has},
        reload=reload,
    )


def _shown(parameter: str, value: str, hidden: str) -> str:
    return hidden if parameter in SECRETS else value


# --- what follows from what ------------------------------------------------------------------------------------------


def with_causes(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The same changes; those that are but consequences of others name them.

    A person who comes, goes or is renamed takes phone and box along. A queue that comes, goes or asks for something
    else moves the people in it. A relaxation comes and goes with its queue.
    """
    made = {change.thing: change for change in changes if change.action is not Action.KEEP}
    return tuple(replace(change, follows=_causes(change, made)) for change in changes)


def _causes(change: Change, made: Mapping[Thing, Change]) -> tuple[Thing, ...]:
    match change.kind:
        case "phone" | "voicemail box":
            return _with_its_person(change, made)
        case "relaxation":
            queue = made.get(("queue", change.name))
            return (queue.thing,) if queue and queue.action is change.action is not Action.CHANGE else ()
        case "person" if change.action is Action.CHANGE:
            return _moved_by_queues(change, made)
        case _:
            return ()


def _with_its_person(change: Change, made: Mapping[Thing, Change]) -> tuple[Thing, ...]:
    person = made.get(("person", change.name))
    if person is None or person.action is not change.action:
        return ()
    if change.action is Action.ADD and change.after.get("dials out"):
        return ()  # whoever comes and may dial out is told to
    is_name_alone = change.parameters == ("name",) and "name" in person.parameters
    return (person.thing,) if change.action is not Action.CHANGE or is_name_alone else ()


def _moved_by_queues(change: Change, made: Mapping[Thing, Change]) -> tuple[Thing, ...]:
    """The queues that explain everything that differs about this person; none if anything else does."""
    found: list[Thing] = []
    for parameter in change.parameters:
        queue = switch_name(change.company, parameter.removeprefix(MEMBERSHIP))
        causes = [made[thing] for thing in (("queue", queue), ("relaxation", queue)) if thing in made]
        if not parameter.startswith(MEMBERSHIP) or not any(_moves_people(cause) for cause in causes):
            return ()
        found.append(("queue", queue) if ("queue", queue) in made else ("relaxation", queue))
    return tuple(found)


def _moves_people(change: Change) -> bool:
    return change.kind == "relaxation" or change.action is not Action.CHANGE or "asks for" in change.parameters


# --- who made it -----------------------------------------------------------------------------------------------------


def authors_of(revisions: Mapping[str, Sequence[RevisionEntry]]) -> dict[Thing, tuple[Author, ...]]:
    """Who touched what, newest last. `revisions`: company -> its saves since the generation in force, oldest first."""
    found: dict[Thing, list[Author]] = {}
    for company, entries in revisions.items():
        for entry in entries:
            author = Author(entry.by, entry.at, entry.number)
            for touched in entry.touched:
                for kind in TELLS_OF.get(touched.kind, ()):
                    found.setdefault((kind, _inventory_name(kind, company, touched.id)), []).append(author)
    return {thing: tuple(authors) for thing, authors in found.items()}


def _inventory_name(kind: str, company: str, item: str) -> str:
    match kind:
        case "company" | "dialling out":
            return company
        case "blocked caller":
            return f"{company} {item}"
        case _:
            return switch_name(company, item)


def with_authors(changes: Sequence[Change], authors: Mapping[Thing, tuple[Author, ...]]) -> tuple[Change, ...]:
    """The same changes with those who made them. A consequence has the authors of its causes; what inherits from the
    company (the language of a phone) those of the company."""
    return tuple(
        change if change.action is Action.KEEP else replace(change, authors=_authors(change, authors))
        for change in changes
    )


def _authors(change: Change, authors: Mapping[Thing, tuple[Author, ...]]) -> tuple[Author, ...]:
    for things in ((change.thing,), change.follows, (("company", change.company),)):
        found = {author: None for thing in things for author in authors.get(thing, ())}
        if found:
            return tuple(sorted(found, key=lambda author: (author.at, author.revision)))
    return ()
