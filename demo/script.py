"""What the demo's callers do, and how each call must end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MAIN, OFFICE, CLOSED, ENGLISH, AMEL = (f"+3319900000{number}" for number in range(1, 6))
FRENCH_BILLING = ("amel", "bruno", "chloe")
ANYBODY_FRENCH = (*FRENCH_BILLING, "dan", "emma", "farid")

End = Literal["talks", "hangs up in the menu", "gives up waiting", "is sent away"]


@dataclass(frozen=True)
class Script:
    """One caller: the number dialled, the keys pressed (each after the prompt was heard), what is done then.

    `agents` are those who may answer. `paused` agents are paused for the call and made ready after it, `silent` ones
    let their phone ring; such a call goes alone, and so does one that `is_exact`: nobody else may take its agent.
    """

    title: str
    did: str
    keys: tuple[str, ...]
    end: End
    outcome: str
    detail: str = ""
    agents: tuple[str, ...] = ()
    queue: str = ""
    paused: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    is_exact: bool = False
    caller: str = ""
    waits: float = field(default=0.0)
    """Seconds of waiting at least, by the script; 0: whatever it takes."""

    @property
    def goes_alone(self) -> bool:
        return self.is_exact or bool(self.paused or self.silent)


SCRIPTS = (
    Script(
        "French, billing: the best-skilled agent",
        MAIN, ("1",), "talks", "handled", agents=("amel",), queue="billing-fr", is_exact=True,
    ),
    Script("English, billing", MAIN, ("2", "1"), "talks", "handled", agents=("dan", "amel"), queue="billing-en"),
    Script("support", MAIN, ("3",), "talks", "handled", agents=("emma", "farid"), queue="support"),
    Script("asks for the opening hours", MAIN, ("4",), "is sent away", "self_service"),
    Script("three wrong keys", MAIN, ("7", "8", "6"), "is sent away", "dissuaded", "wrong_input"),
    Script("hangs up in the menu", MAIN, (), "hangs up in the menu", "abandoned", "menu:accueil"),
    Script("a blocked number", MAIN, (), "is sent away", "blocked", caller="+33899700123"),
    Script("outside opening hours", CLOSED, (), "is sent away", "dissuaded", "closed"),
    Script("presses nothing", MAIN, (), "talks", "handled", agents=ANYBODY_FRENCH, queue="billing-fr"),
    Script(
        "the best agent lets it ring: the next one",
        MAIN, ("1",), "talks", "handled", agents=("bruno", "chloe"), queue="billing-fr", silent=("amel",), waits=11,
    ),
    Script("Amel's own number", AMEL, (), "talks", "handled", agents=("amel",), is_exact=True),
    Script(
        "nobody skilled is ready: relaxation after 10 s",
        MAIN, ("1",), "talks", "handled", agents=("dan",), queue="billing-fr", paused=FRENCH_BILLING, waits=9,
    ),
    Script(
        "gives up while waiting",
        MAIN, ("2", "1"), "gives up waiting", "abandoned", "queue:billing-en", queue="billing-en",
        paused=("dan", "amel"),
    ),
    Script("English line, billing", ENGLISH, ("1",), "talks", "handled", agents=("dan", "amel"), queue="billing-en"),
)  # fmt: skip


def scripts(count: int) -> list[Script]:
    """The first `count` callers; after the last script it begins again."""
    return [SCRIPTS[number % len(SCRIPTS)] for number in range(count)]
