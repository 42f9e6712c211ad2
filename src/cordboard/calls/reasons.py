"""Why a call goes to whom, in sentences: in English for journals and terminals, in French on a page in French."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ami.models import AgentState


class Reasons:
    """The sentences of a decision, in English. Skills and names stand in them as they are written."""

    any_level = "any level"
    no_queue = "no queue does"
    nobody_ready = "nobody is ready: the caller waits"
    nobody_there = "nobody who could take the call is logged in"
    unknown_states = "agents' states are not known: the window opens as written"
    not_logged_in = "not logged in"
    is_busy: ClassVar[Mapping[AgentState, str]] = {
        AgentState.RINGING: "another call rings",
        AgentState.INBOUND_CALL: "on a call",
        AgentState.OUTBOUND_CALL: "on a call",
        AgentState.WRAP_UP: "in wrap-up",
        AgentState.UNREACHABLE: "phone unreachable",
    }
    is_away: ClassVar[Mapping[AgentState, str]] = {AgentState.PAUSE: "paused", AgentState.WITHDRAWN: "at other work"}

    def menus_want(self, skills: str, queue: str, found: str) -> str:
        return f"the menus want {skills} beside what {queue} wants: {found or self.no_queue}"

    def priority(self, priority: int) -> str:
        return f"priority {priority}, as the menus say"

    def wants(self, queue: str, skills: str) -> str:
        return f"{queue}: wants {skills}"

    def relaxed(self, after: int, skills: str) -> str:
        return f"after {after} s: {skills or self.any_level}"

    def opens_at_once(self, wanted: str, skills: str) -> str:
        return f"nobody logged in has {wanted}: the window opens at once for {skills}"

    def not_before(self, after: int) -> str:
        return f"not before {after} s of waiting"

    def away(self, state: AgentState, reason: str) -> str:
        return f"{self.is_away[state]} ({reason})" if reason else self.is_away[state]

    def offered_to(self, name: str) -> str:
        return f"first offered to {name}"

    def offered_to_one_of(self, names: Sequence[str]) -> str:
        return f"first offered to one of {', '.join(names)}"

    def offered_at_once_to(self, names: Sequence[str]) -> str:
        return f"offered at once to {', '.join(names)}"


class FrenchReasons(Reasons):
    """The same in French."""

    any_level = "tout niveau"
    no_queue = "aucune file ne le fait"
    nobody_ready = "personne n’est prêt : l’appelant attend"
    nobody_there = "personne qui pourrait prendre l’appel n’est connecté"
    unknown_states = "l’état des agents n’est pas connu : la fenêtre s’ouvre comme il est écrit"
    not_logged_in = "non connecté"
    is_busy: ClassVar[Mapping[AgentState, str]] = {
        AgentState.RINGING: "un autre appel sonne",
        AgentState.INBOUND_CALL: "en appel",
        AgentState.OUTBOUND_CALL: "en appel",
        AgentState.WRAP_UP: "en post-appel",
        AgentState.UNREACHABLE: "téléphone injoignable",
    }
    is_away: ClassVar[Mapping[AgentState, str]] = {
        AgentState.PAUSE: "en pause",
        AgentState.WITHDRAWN: "autre tâche",
    }

    def menus_want(self, skills: str, queue: str, found: str) -> str:
        return f"les menus demandent {skills} en plus de ce que {queue} demande : {found or self.no_queue}"

    def priority(self, priority: int) -> str:
        return f"priorité {priority}, comme le disent les menus"

    def wants(self, queue: str, skills: str) -> str:
        return f"{queue} : demande {skills}"

    def relaxed(self, after: int, skills: str) -> str:
        return f"après {after} s : {skills or self.any_level}"

    def opens_at_once(self, wanted: str, skills: str) -> str:
        return f"personne de connecté n’a {wanted} : la fenêtre s’ouvre tout de suite pour {skills}"

    def not_before(self, after: int) -> str:
        return f"pas avant {after} s d’attente"

    def offered_to(self, name: str) -> str:
        return f"proposé d’abord à {name}"

    def offered_to_one_of(self, names: Sequence[str]) -> str:
        return f"proposé d’abord à l’un de {', '.join(names)}"

    def offered_at_once_to(self, names: Sequence[str]) -> str:
        return f"proposé en même temps à {', '.join(names)}"


ENGLISH = Reasons()
FRENCH = FrenchReasons()
