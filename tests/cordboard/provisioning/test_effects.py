"""What changes mean for the calls of the moment: said where there are any, loud where somebody loses one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cordboard.provisioning.actual import LiveUse, Seat
from cordboard.provisioning.changes import Action, Change
from cordboard.provisioning.effects import InForce, effects_of, in_force, with_effects


def seats(*endpoints: str) -> tuple[Seat, ...]:
    return tuple(Seat(f"PJSIP/acme-{name}", 0, False, "") for name in endpoints)


BUSY = LiveUse(
    calls=7,
    channels_of={"acme-amel": 1, "acme-carrier": 4},
    lines={"acme-support": ("1.1", "1.2", "1.3"), "acme-sales": ("1.4",)},
    seats={"acme-support": seats("amel", "bruno"), "acme-sales": seats("amel")},
    talking_in={"acme-support": 2},
    generation_of_calls={11: 1, 12: 6},
)
NOBODY = LiveUse()


def change(kind: str, name: str, action: Action = Action.CHANGE, **more: Any) -> Change:
    return Change(action=action, kind=kind, name=f"acme-{name}", **more)


def told(of: Change, live: LiveUse | None = BUSY, language: str = "en") -> list[str]:
    (found,) = with_effects([of], live)
    return [f"{'!! ' if effect.is_harmful else ''}{effect.told(language)}" for effect in found.effects]


@pytest.mark.parametrize(
    ("of", "english"),
    [
        (
            change("queue", "support", before={"ring": "15 s"}, after={"ring": "12 s"}),
            ["3 callers waiting keep their place", "2 talks go on"],
        ),
        (
            change("queue", "support", after={"max wait": "90 s", "when full": "message busy", "asks for": "french 3"}),
            [
                "3 callers waiting keep their place, and the max wait, way when full and skills asked for that they "
                "came in with",
                "2 talks go on",
            ],
        ),
        (
            change("queue", "sales", after={"max wait": "90 s"}),
            ["1 caller waiting keeps his place, and the max wait that he came in with"],
        ),
        (
            change("queue", "support", Action.REMOVE),
            ["!! 3 callers wait in it", "!! 2 agents who serve it now no longer do", "2 talks go on"],
        ),
        (change("relaxation", "support", after={"after 9 s": "french 1"}), [
            "3 callers waiting keep their place, and the relaxation that they came in with"
        ]),
        (
            change("phone", "amel", Action.REMOVE),
            [
                "!! it is in a call now: the talk goes on, and it is the last one",
                "!! somebody is logged in on it and leaves 2 queues",
            ],
        ),
        (change("phone", "bruno", Action.REMOVE), ["!! somebody is logged in on it and leaves 1 queue"]),
        (
            change("phone", "amel", before={"password": "hidden"}, after={"password": "a new one"}),
            ["!! cannot be reached until it has the new password", "1 call over it goes on"],
        ),
        (change("phone", "amel", before={"extension": "201"}, after={"extension": "211"}), ["1 call over it goes on"]),
        (change("trunk", "carrier", Action.REMOVE), ["4 calls over it go on"]),
        (
            change("person", "amel", Action.REMOVE, before={"in queue support": "tier 0, penalty 1"}),
            ["!! is logged in now and is logged out"],
        ),
        (change("person", "dora", Action.REMOVE, before={"in queue support": "tier 0, penalty 1"}), []),
        (change("menu", "accueil", after={"key 4": "queue x"}), [
            "calls that are in progress keep the version they came in with"
        ]),
        (change("prompt", "welcome", after={"in fr": "hello"}), []),
    ],
)  # fmt: skip
def test_what_a_change_means_now(of: Change, english: list[str]) -> None:
    assert told(of) == english
    assert len(told(of, language="fr")) == len(english)
    assert all(each.strip("! ") for each in told(of, language="fr"))


@pytest.mark.parametrize("kind", ["queue", "phone", "trunk", "person", "menu", "DID", "relaxation", "hours"])
@pytest.mark.parametrize("action", [Action.ADD, Action.CHANGE, Action.REMOVE])
def test_where_nobody_is_nothing_is_said(kind: str, action: Action) -> None:
    assert told(change(kind, "support", action, before={"max wait": "1 s"}, after={"max wait": "2 s"}), NOBODY) == []


def test_where_asterisk_did_not_answer_nothing_is_said() -> None:
    assert told(change("queue", "support", Action.REMOVE), None) == []
    assert effects_of(["pbx_config"], ["asterisk.conf"], None) == ()


def test_the_whole_of_a_plan() -> None:
    found = effects_of(["app_queue", "pbx_config"], [], BUSY)
    assert [effect.text for effect in found] == [
        "1 call in progress stays in the contexts of generation 11",
        "6 calls in progress stay in the contexts of generation 12",
        "4 callers waiting keep place and order",
        "2 agents stay logged in, pauses included",
    ]
    assert not any(effect.is_harmful for effect in found)
    assert effects_of([], [], BUSY) == ()
    assert effects_of(["app_queue", "pbx_config"], [], NOBODY) == ()


def test_who_goes_is_not_among_those_who_stay() -> None:
    """Whether the daemon has logged him out by now or not."""
    goes = change("phone", "bruno", Action.REMOVE)
    (logged_out,) = effects_of(["app_queue"], [], replace(BUSY, lines={}, seats={"acme-sales": seats("amel")}))
    (told,) = effects_of(["app_queue"], [], replace(BUSY, lines={}), [goes])
    assert told == logged_out
    assert told.text == "1 agent stays logged in, pauses included"


def test_a_restart_drops_calls() -> None:
    (found,) = effects_of([], ["SIP transport 127.0.0.1:5070"], BUSY)
    assert found.is_harmful
    assert found.text == (
        "SIP transport 127.0.0.1:5070: taken over only by a restart of Asterisk, where 7 calls would drop now"
    )
    (quiet,) = effects_of([], ["asterisk.conf"], NOBODY)
    assert not quiet.is_harmful


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (change("menu", "accueil"), InForce.IMPORT),
        (change("person", "amel"), InForce.IMPORT),
        (change("blocked caller", "x"), InForce.IMPORT),
        (change("DID", "main", after={"closed": "message x"}), InForce.IMPORT),
        (change("DID", "main", after={"number": "+331"}), InForce.APPLY),
        (change("DID", "main", Action.ADD), InForce.APPLY),
        (change("queue", "support"), InForce.APPLY),
        (change("queue", "support", after={"wrap-up": "20 s"}), InForce.IMPORT),
        (change("queue", "support", after={"wrap-up": "20 s", "ring": "9 s"}), InForce.APPLY),
        (change("message", "busy"), InForce.APPLY),
        (change("switch", "pbx1", after={"SIP": "127.0.0.1:5070"}), InForce.RESTART),
        (replace(change("file", "asterisk.conf"), reload=("restart",)), InForce.RESTART),
    ],
)
def test_when_a_change_is_in_force(of: Change, expected: InForce) -> None:
    assert in_force(of) is expected
