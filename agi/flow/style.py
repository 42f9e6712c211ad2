"""What makes a flow hard to use, though every call gets through: all of it warnings, but for sounds that are too long.

Numbers of choices and of levels are those that callers are known to bear: they forget the first of more than about five
options, and lose their way below three menus.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, time

from agi.errors import Problem
from agi.flow.checker import Entry, Reached, survey
from agi.flow.document import Flow
from agi.flow.keys_told import key_problems
from agi.flow.nodes import Asking, Choice, Hours, Menu, TargetKind, base_language
from agi.flow.schedule import DAYS, Schedule
from agi.flow.spoken import Spoken, briefly
from agi.flow.wording import BETTER, key_said_first
from agi.protocol import LONGEST_SOUND

MOST_CHOICES = 5
"""Keys of a menu that lead somewhere else; those that repeat it or go back are not counted."""
MOST_MENUS = 3
"""Menus that a caller goes through."""
LONGEST_PROMPT = 30.0
"""Seconds of the prompt of a menu, or of a step that asks."""
PEOPLE = (
    *(TargetKind.QUEUE, TargetKind.PERSON, TargetKind.CONFERENCE),
    *(TargetKind.CALLBACK, TargetKind.EXTERNAL, TargetKind.DIAL),
)

Seconds = Callable[[str, str], float | None]
"""A sound and a language -> how long it lasts; None: that is not known."""
Prompts = Mapping[str, Collection[str]]
"""Prompt -> the languages that calls hear it in."""


def judge(flow: Flow, entries: Iterable[Entry], seconds: Seconds, today: date) -> list[Problem]:
    """Every problem of style, in the order of the document; of a flow that `agi.flow.checker` has errors about, too.
    `today`: days closed before it are over."""
    entries = list(entries)
    known = {
        str(kind): {edge.target.id for node in flow.nodes.values() for _, edge in node.ways()} for kind in TargetKind
    }
    _, reached = survey(flow, entries, known)
    depths = _depths(flow, entries)
    to_people = _who_reaches_people(flow)
    problems: list[Problem] = []
    for name, node in flow.nodes.items():
        if name in reached.nodes and isinstance(node, Menu):
            problems += _of_menu(node, depths.get(name, 0), name in to_people)
    problems += too_long(flow, reached.prompts, seconds)
    problems += _long_to_choose_from(flow, reached, seconds)
    problems += _keys_said_first(flow, reached)
    problems += key_problems(flow, reached)
    problems += _never_closed(flow, reached, today)
    return problems


def _of_menu(menu: Menu, depth: int, leads_to_people: bool) -> Iterator[Problem]:
    where = f"nodes.{menu.id}"
    choices = [key for key, edge in menu.keys.items() if not edge.target.kind.is_move]
    if len(choices) > MOST_CHOICES:
        yield Problem(
            f"{where}.keys",
            f"offers {len(choices)} choices, more than callers remember",
            f"Offer {MOST_CHOICES} at most, the others in a menu of their own",
            is_warning=True,
        )
    if depth > MOST_MENUS:
        what = f"is the {depth}th menu that its callers go through"
        yield Problem(where, what, f"Ask less before: {MOST_MENUS} menus at most", is_warning=True)
    repeats = any(
        edge.target.kind is TargetKind.REPEAT or (edge.target.kind is TargetKind.MENU and edge.target.id == menu.id)
        for edge in menu.keys.values()
    )
    if not repeats and menu.no_input.tries == 1:
        what = "is heard once: nobody can hear it again"
        yield Problem(f"{where}.keys", what, "Let a key repeat it, or write tries: 2 for no_input", is_warning=True)
    if not leads_to_people:
        what = "leads to no queue and no person, whatever is pressed"
        yield Problem(where, what, "Let a key lead to somebody", is_warning=True)


def _depths(flow: Flow, entries: Iterable[Entry]) -> dict[str, int]:
    """Menu -> how many menus its callers have gone through with it, on their shortest way; none where that may be a way
    that is not known."""
    if flow.unknown.leads:
        return {}
    depths: dict[str, int] = {}
    waiting = [(entry.start, 0) for entry in entries]
    for name, depth in waiting:
        node = flow.nodes.get(name)
        here = depth + isinstance(node, Menu)
        if node is None or depths.get(name, here + 1) <= here:
            continue
        depths[name] = here
        waiting += [(edge.target.id, here) for _, edge in node.ways() if edge.target.kind.is_node]
    return depths


def _who_reaches_people(flow: Flow) -> set[str]:
    """Nodes from which a queue, a person or an outside number can be reached. Back and top are taken to lead to every
    node that does, and so are ways that are not known."""
    found = set(flow.unknown.ways)
    while True:
        more = {
            name
            for name, node in flow.nodes.items()
            if name not in found
            for _, edge in node.ways()
            if edge.target.kind in PEOPLE
            or edge.target.id in found
            or (found and edge.target.kind in (TargetKind.BACK, TargetKind.TOP))
        }
        if not more:
            return found
        found |= more


def too_long(flow: Flow, prompts: Prompts, seconds: Seconds) -> Iterator[Problem]:
    """An error for each sound of these prompts that lasts longer than any may; a warning for each text that is not made
    and would, as far as its length tells."""
    for prompt, languages in prompts.items():
        for language in sorted(languages):
            for sound in dict.fromkeys(flow.sounds(prompt, language)):
                known = seconds(sound, language)
                length = _length(sound, known)
                if length <= LONGEST_SOUND:
                    continue
                name = briefly(sound)
                what = f"{name} lasts {length:.0f} s in {language}: its callers are lost to the compiled way"
                if known is None:
                    what = f"{name} takes about {length:.0f} s in {language}: its callers are lost to the compiled way"
                cure = f"Cut it into sounds of {LONGEST_SOUND:.0f} s at most"
                yield Problem(f"prompts.{prompt}", what, cure, is_warning=known is None)


def _long_to_choose_from(flow: Flow, reached: Reached, seconds: Seconds) -> Iterator[Problem]:
    asking = {node.prompt for node in flow.nodes.values() if isinstance(node, Asking)}
    for prompt, languages in reached.prompts.items():
        for language in sorted(languages):
            whole = sum(_length(sound, seconds(sound, language)) for sound in flow.sounds(prompt, language))
            if prompt in asking and whole > LONGEST_PROMPT:
                what = f"lasts {whole:.0f} s in {language}, longer than callers listen for their choice"
                cure = f"Keep what offers keys below {LONGEST_PROMPT:.0f} s"
                yield Problem(f"prompts.{prompt}", what, cure, is_warning=True)


def _length(sound: str, known: float | None) -> float:
    """Seconds of a sound: of a text that is not made, how long it takes to say it; 0.0 where nobody knows."""
    if known is not None:
        return known
    return sound.seconds if isinstance(sound, Spoken) else 0.0


def _keys_said_first(flow: Flow, reached: Reached) -> Iterator[Problem]:
    offering = {node.prompt for node in flow.nodes.values() if isinstance(node, Choice)}
    for prompt, languages in reached.prompts.items():
        if prompt not in offering:
            continue
        texts = {each for language in languages for each in flow.sounds(prompt, language) if isinstance(each, Spoken)}
        for text in sorted(texts):
            if clause := key_said_first(text.text, text.language):
                what = f'says the key before its option in {text.language}: "{clause}"'
                cure = (
                    f"Say the option first, {BETTER[base_language(text.language)]}: who waits for it hears the key then"
                )
                yield Problem(f"prompts.{prompt}", what, cure, is_warning=True)


def _never_closed(flow: Flow, reached: Reached, today: date) -> Iterator[Problem]:
    asked = [node.schedule for name, node in flow.nodes.items() if isinstance(node, Hours) and name in reached.nodes]
    for name in dict.fromkeys(asked):
        schedule = flow.schedules.get(name)
        if schedule is None or any(day >= today for day in schedule.closed_dates):
            continue
        if all(_is_whole(schedule, day) for day in DAYS):
            what, cure = "no time is closed: no caller ever takes the closed way", "Lead the DID on without hours"
            yield Problem(f"schedules.{name}", what, cure, is_warning=True)


def _is_whole(schedule: Schedule, day: str) -> bool:
    """Is it open from midnight to midnight on this weekday?"""
    upto = time.min
    for interval in sorted((each for each in schedule.weekly if day in each.days), key=lambda each: each.start):
        if interval.start > upto:
            return False
        if interval.end == time.min:
            return True
        upto = max(upto, interval.end)
    return False
