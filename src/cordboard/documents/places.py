"""Where calls go, as a company file writes it: places, edges, and what happens when a caller does not answer."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from cordboard.documents.items import Part
from cordboard.documents.kinds import Language, Number, Reference, Slug, refuse
from cordboard.documents.problems import listed


class WrittenPlace(Part):
    """Where a call goes: exactly one of the places that the subclass knows."""

    @classmethod
    def places(cls) -> list[str]:
        return [name for name in cls.model_fields if name != "language"]

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        places = self.places()
        given = [name for name in places if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"names {listed(given)}" if given else "names no place"
            raise refuse(what, f"Name exactly one of {listed(places)}")
        return self


class WrittenOverflow(WrittenPlace):
    """Where a caller goes whom a queue cannot serve."""

    message: Reference | None = None
    voicemail: Reference | None = None
    queue: Reference | None = None
    person: Reference | None = None
    phone: Reference | None = None
    conference: Reference | None = None
    external: Number | None = None


class WrittenEntry(WrittenOverflow):
    """Where a caller goes who comes in."""

    menu: Reference | None = None
    step: Reference | None = None


class WrittenChoice(WrittenEntry):
    """Where a caller goes from a menu, and the language heard from there on."""

    end: Slug | None = None
    """Out of a part that steps use, by this name"""
    language: Language | None = None
    """What the caller hears from there on"""


class WrittenStart(WrittenPlace):
    """Where a part begins that several steps use."""

    menu: Reference | None = None
    step: Reference | None = None


Move = Literal["repeat", "back", "top", "hangup"]


def _form(value: Any) -> str:
    return "<move>" if isinstance(value, str) else "<place>"


WrittenEdge = Annotated[
    Annotated[Move, Tag("<move>")] | Annotated[WrittenChoice, Tag("<place>")],
    Discriminator(_form),
]


class WrittenRetry(Part):
    needed = ("tries", "then")
    tries: Annotated[int, Field(ge=1, le=9)] | None = None
    """How often in all"""
    prompt: Reference | None = None
    """A prompt played before the menu is repeated"""
    then: WrittenEdge | None = None
    """Where the caller goes in the end"""
