"""A second reading of what a caller meets in a flow, written from the documents alone: it knows no interpreter.

    journey = travel(flow.to_json(), "did.main", "fr", events=[(2.0, "1"), (9.5, "")], length=..., begins=...)

It reads the document as plain data and the caller as a list of moments: whatever lasts (a sound, a wait) is an interval
of time, and what the caller does falls into one of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

MOST_STEPS = 100
ENDS = ("queue", "person", "voicemail", "message", "conference", "callback", "external", "dial", "hangup")
"""Where an edge may lead that is the end of the flow for a call."""
SAYS = "says-"
"""How an event begins that is somebody's speaking after a tone, so many seconds."""

PHRASE = "say:"
"""How an event begins that is somebody's saying these words, for as long as that takes."""


@dataclass
class Journey:
    """What came of a call. `end`: kind, id, why; ("hung up", "", ""), or ("fallback", "", "")."""

    nodes: list[str] = field(default_factory=list)
    ways: list[tuple[str, str]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    sounds: list[tuple[str, str, float]] = field(default_factory=list)
    """Sound, language, seconds heard; a sound that is not there is not among them."""
    said: list[str] = field(default_factory=list)
    """What he said that a menu knows."""
    answers: list[str] = field(default_factory=list)
    end: tuple[str, str, str] = ("", "", "")
    language: str = ""
    clock: float = 0.0
    variables: dict[str, str] = field(default_factory=dict)
    """What the channel has of the flow's variables in the end, by their names there."""
    given: str = ""
    """The last step that gave an answer."""
    wanted: str = ""
    """What the queue is asked for, as its variable has it."""


class _Gone(Exception):
    """The caller hung up."""


class _Lost(Exception):
    """The flow leads nowhere."""


def travel(
    document: dict[str, Any],
    start: str,
    language: str,
    *,
    events: Sequence[tuple[float, str]],
    length: Callable[[str, str], float | None],
    begins: datetime,
    replies: Callable[[str], object] = lambda node: "failure",
) -> Journey:
    """`events`: moments in seconds since the call began, each with a key, "" for hanging up, `says-5s`, or `say:sales`;
    in order. `replies`: what other systems answer, by the node where they are asked."""
    journey = Journey(language=language)
    model = _Model(document, journey, list(events), length, begins, replies)
    try:
        model.go(start)
    except _Gone:
        journey.end = ("hung up", "", "")
    except _Lost:
        journey.end = ("fallback", "", "")
    return journey


class _Model:
    def __init__(
        self,
        document: dict[str, Any],
        journey: Journey,
        events: list[tuple[float, str]],
        length: Callable[[str, str], float | None],
        begins: datetime,
        replies: Callable[[str], object],
    ) -> None:
        self.replies = replies
        self.document, self.journey, self.events = document, journey, events
        self.length, self.begins = length, begins
        self.held: str | None = None
        """A key that stopped a prompt and was not used yet."""
        self.path: list[str] = []
        """Menus, the first one first."""
        self.known: dict[str, str] = {}
        self.secret: set[str] = set()
        self.left = MOST_STEPS
        self.taken = 0
        """Recordings."""
        self.is_recorded = False

    def go(self, place: str) -> None:
        why = "then"
        while True:
            node = self.document["nodes"].get(place)
            if node is None:
                raise _Lost
            self.spend()
            if node["kind"] == "menu" and (not self.path or self.path[-1] != place):
                self.path.append(place)
            self.journey.nodes.append(place)
            way, edge = getattr(self, f"at_{node['kind']}")(place, node)
            self.journey.ways.append((place, way))
            if node["kind"] in ("menu", "hours", "language", "collect", "record", "callback"):
                why = way.removesuffix(".then")
            self.journey.language = edge.get("language") or self.journey.language
            kind = edge["kind"]
            if kind in ENDS:
                self.journey.end = (kind, edge.get("id", ""), why if why in TOLD else "message")
                told = {name: value for name, value in self.known.items() if name not in self.secret}
                self.journey.variables = {f"CBV_{name}": quote(value, safe="+*#") for name, value in told.items()}
                return
            place = edge["id"] if "id" in edge else self.moved(kind, place)

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Lost

    def moved(self, kind: str, here: str) -> str:
        if not self.path:
            raise _Lost
        if kind == "top":
            self.path = self.path[:1]
        elif kind == "back" and here == self.path[-1] and len(self.path) > 1:
            self.path.pop()
        return self.path[-1]

    # --- nodes

    def at_hours(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        schedule = self.document["schedules"].get(node["schedule"])
        if schedule is None and "failure" in node:
            return "failure", node["failure"]
        if schedule is None:
            raise _Lost
        way = "open" if _is_open(schedule, self.begins + timedelta(seconds=self.journey.clock)) else "closed"
        return way, node[way]

    def at_play(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.say(node["prompt"], may_stop=self.may_stop(node, node["prompt"]))
        return "then", node["then"]

    def at_menu(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.journey.language = node["language"] or self.journey.language

        def attempt() -> tuple[str, dict[str, Any]] | str:
            may_stop = self.may_stop(node, node["prompt"])
            phrases = self.phrases(node)
            if phrases and not (may_stop and self.held):
                said = self.listened(node, may_stop=may_stop)
                self.journey.said += [said] if said in phrases else []
                typed = phrases.get(said, said) or (self.typed(node, node["keys"]) if self.held else "")
            else:
                self.say(node["prompt"], may_stop=may_stop)
                typed = self.typed(node, node["keys"])
            if typed not in node["keys"]:
                return typed
            self.journey.answers.append(f"{place}={typed}")
            return f"keys.{typed}", node["keys"][typed]

        return self.until_answered(node, attempt)

    def phrases(self, node: dict[str, Any]) -> dict[str, str]:
        """What may be said here in the caller's language, with the keys that it stands for."""
        known: dict[str, str] = {}
        for key, spoken in node.get("speech", {}).get("words", {}).items():
            said = spoken.get(self.journey.language) or spoken.get(self.journey.language.split("_")[0]) or []
            known |= dict.fromkeys(said, key)
        return known

    def listened(self, node: dict[str, Any], *, may_stop: bool) -> str:
        """What is said, by its words; "" if it is nothing, or if a key is held."""
        patience: float = node["first_digit_seconds"]
        if not may_stop:
            self.say(node["prompt"], may_stop=False)
        if self.held:
            return ""
        sounds = self.sounds(node["prompt"]) if may_stop else []
        if sounds:
            self.journey.prompts.append(node["prompt"])
        else:
            sounds, patience = ["silence/1"], max(0.1, patience - 1)
        done: tuple[float, str] | None = None
        for sound in sounds:
            began, lasts = self.journey.clock, self.length(sound, self.journey.language)
            if lasts is not None and (done is None or began < done[0]):
                done = done or self.does(began + lasts)
                self.heard(sound, began, began + lasts if done is None else min(began + lasts, done[0]))
                if done and not done[1]:
                    raise _Gone
        end = self.journey.clock + patience
        over, what = done or (self.does(end) if self.acts_in_wait(end) else None) or (end, "wait")
        self.journey.clock = max(self.journey.clock, min(over, end))
        if not what:
            raise _Gone
        if over > end or what == "wait":
            return ""
        if not what.startswith(PHRASE):
            self.held = what
            return ""
        return what.removeprefix(PHRASE)

    def acts(self, until: float) -> bool:
        """Does he do anything until then? What is said after a tone waits for one."""
        return bool(self.events) and self.events[0][0] <= until and not self.events[0][1].startswith(SAYS)

    def acts_in_wait(self, until: float) -> bool:
        """The same in a wait, all of which goes by for who would speak in it."""
        if self.events and self.events[0][1].startswith(SAYS) and self.events[0][0] < until:
            moment, what = self.events.pop(0)
            self.put_off(until - moment - spoken(what))
            return False
        return self.acts(until)

    def put_off(self, seconds: float) -> None:
        """All that he does after this comes so much later than it was written down for."""
        self.events = [(moment + seconds, what) for moment, what in self.events]

    def does(self, until: float) -> tuple[float, str] | None:
        """What he begins first until then, and when it is over."""
        if not self.acts(until):
            return None
        moment, what = self.events.pop(0)
        moment = max(self.journey.clock, moment)
        words = what.removeprefix(PHRASE)
        return moment + (len(words) / 14 + 0.3 if words != what else 0.0), what

    def at_language(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        choices, own = node["languages"], self.journey.language

        def attempt() -> tuple[str, dict[str, Any]] | str:
            for language in dict.fromkeys(choices.values()):
                may_stop = self.may_stop(node, node["prompt"])
                if not (self.held and may_stop):
                    self.journey.language = language
                    self.say(node["prompt"], may_stop=may_stop)
            typed = self.typed(node, choices)
            if typed not in choices:
                self.journey.language = own
                return typed
            self.journey.answers.append(f"{place}={typed}")
            return f"languages.{typed}", {**node["then"], "language": choices[typed]}

        return self.until_answered(node, attempt)

    def at_collect(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        def attempt() -> tuple[str, dict[str, Any]] | str:
            self.say(node["prompt"], may_stop=self.may_stop(node, node["prompt"]))
            typed = self.keys_until(node, lambda typed: len(typed) == node["most"] or typed[-1:] == node["end"])
            if typed[-1:] == node["end"]:
                typed = typed[:-1]
            patterns = [shape.replace("X", "[0-9]") for shape in node["shapes"]] or ["[0-9]+"]
            is_right = any(re.fullmatch(pattern, typed) for pattern in patterns)
            if not is_right or not node["least"] <= len(typed) <= node["most"]:
                return typed
            if node["confirm"]:
                may_stop = self.may_stop(node, node["confirm"])
                for digit in typed:
                    self.sound(f"digits/{digit}", may_stop=may_stop)
                self.say(node["confirm"], may_stop=may_stop)
                answer = self.keys_until(node, lambda typed: True)
                if answer != "1":
                    return answer
            self.known[node["into"]] = typed
            self.secret.discard(node["into"])
            self.secret |= {node["into"]} if node["secret"] else set()
            return "then", node["then"]

        return self.until_answered(node, attempt)

    def at_set(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.known |= node["values"]
        self.secret -= set(node["values"])
        return "then", node["then"]

    def at_condition(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        value = self.values.get(node["variable"], "")
        for number, case in enumerate(node["cases"]):
            if value in case.get("is", []) or any(value[: len(each)] == each for each in case.get("begins", [])):
                return f"cases.{number}.then", case["then"]
        return "otherwise", node["otherwise"]

    def at_notify(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        is_sent = self.replies(place) != "failure" and (not node["text"] or self.can_word(node["text"]))
        way = "sent" if is_sent else "failure"
        return way, node[way]

    def can_word(self, texts: dict[str, str]) -> bool:
        """Is there a text for the caller, and a value that may be told for each name in it?"""
        language = self.journey.language
        spoken = [each for each in (language, language.split("_")[0], self.document["language"]) if each in texts]
        named = re.findall("{(.*?)}", texts[spoken[0]]) if spoken else []
        return bool(spoken) and all(self.values.get(name) and name not in self.secret for name in named)

    @property
    def values(self) -> dict[str, str]:
        return {**self.known, "caller": "0612345678", "language": self.journey.language}

    def at_lookup(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.say(node["prompt"], may_stop=False)
        reply = self.replies(place)
        texts = {name: _looked_up(reply, where.split(".")) for name, where in node["into"].items()}
        way = "found"
        if reply in ("not_found", "failure"):
            way = str(reply)
        elif not reply:
            way = "not_found"
        elif None in texts.values():
            way = "failure"
        self.known |= texts if way == "found" else dict.fromkeys(texts, "")
        self.secret -= set(texts)
        self.secret |= set(texts) if node["secret"] else set()
        return way, node[way]

    def at_route(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        known = self.values
        way, chosen = "otherwise", node
        for number, case in reversed(list(enumerate(node["cases"]))):
            asked = {*case.get("is", {}), *case.get("begins", {})}
            if all(
                known.get(name, "") in case.get("is", {}).get(name, [])
                or any(known.get(name, "")[: len(each)] == each for each in case.get("begins", {}).get(name, []))
                for name in asked
            ):
                way, chosen = f"cases.{number}", case
        skills = [f"{skill}={level}" for skill, level in chosen.get("skills", {}).items()]
        self.journey.wanted = f"{chosen.get('priority', '')} {','.join(skills)}".rstrip()
        return way, {"kind": "queue", "id": chosen.get("queue", node["queue"])}

    def at_external(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "then", {"kind": "dial", "id": place}

    def at_callback(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        number = "0612345678"

        def asked() -> str:
            self.say(node["ask"], may_stop=self.may_stop(node, node["ask"]))
            typed = self.keys_until(node, lambda typed: typed[-1] == "#" or len(typed) == 20)
            return typed[:-1] if typed[-1:] == "#" else typed

        def attempt() -> tuple[str, dict[str, Any]] | str:
            nonlocal number
            while True:
                if number:
                    self.say(node["prompt"], may_stop=self.may_stop(node, node["prompt"], node["confirm"]))
                elif len(number := asked()) < 2 or not number.isdecimal():
                    typed, number = number, ""
                    return typed
                may_stop = self.may_stop(node, node["confirm"])
                for digit in number:
                    self.sound(f"digits/{digit}", may_stop=may_stop)
                self.say(node["confirm"], may_stop=may_stop)
                answer = self.keys_until(node, lambda typed: True)
                if answer == "1" and self.replies(place) == "failure":
                    return "failure", node["failure"]
                if answer in ("1", "3"):
                    self.journey.answers.append(f"{place}={answer}")
                if answer == "1":
                    return "taken", {"kind": "callback", "id": node["queue"]}
                if answer == "3":
                    return "refused", node["refused"]
                if answer != "2":
                    return answer
                number = ""
                self.spend()

        try:
            way, edge = self.until_answered(node, attempt)
        except _Lost:
            return "failure", node["failure"]
        if way == "taken":
            self.say(node["thanks"], may_stop=False)
        return way, edge

    def at_record(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.taken += 1
        left = node["no_input"]["tries"]
        while True:
            self.say(node["prompt"], may_stop=self.may_stop(node, node["prompt"]))
            seconds = self.recorded(node)
            if seconds < 1.25:
                left -= 1
                if left == 0:
                    return "no_input.then", node["no_input"]["then"]
                self.spend()
                hint = node["no_input"]["prompt"]
                self.say(hint, may_stop=self.may_stop(node, hint, node["prompt"]))
                continue
            while (answer := self.reviewed(node)) == "2":
                self.spend()
                file = f"/var/spool/asterisk/recordings/acme/simulated.1_{self.taken}_said_{place}"
                self.play(file, self.journey.clock + seconds, may_stop=True)
            if answer != "3":
                self.known[node["into"]] = f"simulated.1_{self.taken}_said_{place}"
                self.secret.discard(node["into"])
                return "then", node["then"]
            self.spend()

    def at_recording(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if node["do"] == "stop":
            self.is_recorded = False
        elif not self.is_recorded:
            self.say(node["announcement"], may_stop=False)
            self.taken += 1
            self.is_recorded = True
        return "then", node["then"]

    def recorded(self, node: dict[str, Any]) -> float:
        """Seconds that are kept of what is said after the tone."""
        self.held = None
        self.sound("beep", may_stop=False)
        began = quiet = self.journey.clock
        end = began + node["longest_seconds"]
        if self.events and self.events[0][0] <= began and self.events[0][1].startswith(SAYS):
            moment, what = self.events.pop(0)
            quiet = min(end, began + spoken(what))
            self.put_off(began - moment)
        self.journey.clock = quiet
        over: float = min(end, quiet + node["silence_seconds"])
        while self.acts_in_wait(over):
            moment, key = self.events.pop(0)
            if key.startswith(PHRASE):
                continue  # nobody listens
            self.journey.clock = max(self.journey.clock, moment)
            if not key:
                raise _Gone
            if key == node["end"] or node["end"] == "any":
                return self.journey.clock - began
        self.journey.clock = over
        return over - began - (0 if over == end else node["silence_seconds"] - 1)

    def reviewed(self, node: dict[str, Any]) -> str:
        if node["review"] is None:
            return "1"
        self.say(node["review"], may_stop=self.may_stop(node, node["review"]))
        patience = {"first_digit_seconds": node["first_digit_seconds"], "inter_digit_seconds": 0}
        return self.keys_until(patience, lambda typed: True)

    def at_answer(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.say(node["prompt"], may_stop=False)
        self.journey.given = place
        return "then", node["then"]

    def at_speak(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if self.can_word(node["text"]):
            self.sound("hello", may_stop=False)  # what stands for every text
            return "then", node["then"]
        way = "failure" if node.get("failure") else "then"
        return way, node[way]

    def at_say(self, place: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        value, what = self.values.get(node["variable"], ""), node["what"]
        if node["variable"] in self.secret:
            value = ""
        if what == "digits" and re.fullmatch("[+]?[0-9]{1,40}", value):
            for digit in value.replace("+", ""):
                self.sound(f"digits/{digit}", may_stop=False)
        elif what == "number" and re.fullmatch("[0-9]{1,9}", value):
            self.lasting(0.5 * len(str(int(value))))
        elif what == "amount" and re.fullmatch("[0-9]{1,9}([.][0-9][0-9])?", value):
            whole, _, rest = value.partition(".")
            self.lasting(0.5 * len(str(int(whole))))
            self.say(node["unit"], may_stop=False)
            if int(rest or 0):
                self.lasting(0.5 * len(str(int(rest))))
                self.say(node["cents"], may_stop=False)
        elif what in ("date", "time") and (node["variable"] == "now" or value == "2026-12-24"):
            self.lasting(3.0)
        return "then", node["then"]

    def lasting(self, seconds: float) -> None:
        self.held = None
        until = self.journey.clock + seconds
        while self.acts(until):
            moment, key = self.events.pop(0)
            if key.startswith(PHRASE):
                continue  # nobody listens
            if not key:
                self.journey.clock = max(self.journey.clock, moment)
                raise _Gone
        self.journey.clock = until

    def until_answered(
        self, node: dict[str, Any], attempt: Callable[[], tuple[str, dict[str, Any]] | str]
    ) -> tuple[str, dict[str, Any]]:
        """An attempt gives what it led to, or what was typed in vain."""
        left = {"no_input": node["no_input"]["tries"], "wrong_input": node["wrong_input"]["tries"]}
        while True:
            came = attempt()
            if isinstance(came, tuple):
                return came
            failure = "wrong_input" if came else "no_input"
            left[failure] -= 1
            if left[failure] == 0:
                return f"{failure}.then", node[failure]["then"]
            self.spend()
            self.say(node[failure]["prompt"], may_stop=self.may_stop(node, node[failure]["prompt"], node["prompt"]))

    # --- sounds and keys

    def may_stop(self, node: dict[str, Any], *prompts: str | None) -> bool:
        """Does a key stop what is played first of these?"""
        return node["barge_in"] and not any(prompt in self.document.get("heard_out", ()) for prompt in prompts)

    def sounds(self, prompt: str | None) -> list[str]:
        spoken = self.document["prompts"].get(prompt, {})
        language = self.journey.language
        country_less = language.replace("-", "_").split("_")[0]
        chosen = [each for each in (language, country_less, self.document["language"]) if each in spoken]
        return spoken[chosen[0]] if chosen else []

    def say(self, prompt: str | None, *, may_stop: bool) -> None:
        sounds = self.sounds(prompt)
        if not sounds or (may_stop and self.held):
            return
        assert prompt is not None
        self.journey.prompts.append(prompt)
        for sound in sounds:
            self.sound(sound, may_stop=may_stop)

    def sound(self, sound: str, *, may_stop: bool) -> None:
        if may_stop and self.held:
            return
        self.held = None
        lasts = self.length(sound, self.journey.language)
        if lasts is not None:
            self.play(sound, self.journey.clock + lasts, may_stop=may_stop)

    def play(self, sound: str, until: float, *, may_stop: bool) -> None:
        began = self.journey.clock
        while self.acts(until) and not self.held:
            moment, key = self.events.pop(0)
            if key.startswith(PHRASE):
                continue  # nobody listens
            if not key or may_stop:
                until, self.held = max(began, moment), key or None
            if not key:
                self.heard(sound, began, until)
                raise _Gone
        self.heard(sound, began, until)

    def heard(self, sound: str, began: float, until: float) -> None:
        self.journey.clock = until
        self.journey.sounds.append((sound, self.journey.language, until - began))

    def typed(self, node: dict[str, Any], keys: Collection[str]) -> str:
        return self.keys_until(node, lambda typed: all(key == typed or not key.startswith(typed) for key in keys))

    def keys_until(self, node: dict[str, Any], is_enough: Callable[[str], bool]) -> str:
        typed, self.held = self.held or "", None
        while not typed or not is_enough(typed):
            patience = node["inter_digit_seconds"] if typed else node["first_digit_seconds"]
            if not self.acts_in_wait(self.journey.clock + patience):
                self.journey.clock += patience
                break
            moment, key = self.events.pop(0)
            if key.startswith(PHRASE):
                continue  # nobody listens
            self.journey.clock = max(self.journey.clock, moment)
            if not key:
                raise _Gone
            typed += key
        return typed


def spoken(what: str) -> float:
    """Seconds of somebody's speaking."""
    return float(what.removeprefix(SAYS).removesuffix("s"))


TOLD = ("closed", "no_input", "wrong_input")


def _looked_up(reply: Any, steps: list[str]) -> str | None:
    """The text that stands there; None: what stands there is no text."""
    if reply is None:
        return ""
    if not steps:
        if isinstance(reply, dict | list):
            return None
        seen = str(reply).lower() if isinstance(reply, bool) else unicodedata.normalize("NFC", str(reply))
        seen = " ".join("".join(each if each.isprintable() else " " for each in seen).split())
        return seen if len(seen) <= 80 else None
    if isinstance(reply, dict):
        return _looked_up(reply.get(steps[0]), steps[1:])
    if isinstance(reply, list) and steps[0].isdecimal():
        return _looked_up(dict(enumerate(reply)).get(int(steps[0])), steps[1:])
    return None


def _is_open(schedule: dict[str, Any], moment: datetime) -> bool:
    local = moment.astimezone(ZoneInfo(schedule["time_zone"]))
    if str(local.date()) in schedule["closed_dates"]:
        return False
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[date.weekday(local.date())]
    clock = f"{local:%H:%M}"
    return any(day in each["days"] and each["from"] <= clock < each["to"] for each in schedule["weekly"])
