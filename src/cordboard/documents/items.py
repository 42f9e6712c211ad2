"""What every item of a company file is made of: a mapping with fixed keys, read though a part of it is wrong."""

from collections.abc import Iterable
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from cordboard.documents.kinds import LACKING, refuse
from cordboard.documents.problems import listed


class Item(BaseModel):
    """A mapping with fixed keys. Absent and null are the same."""

    # Built when a file is first read: most who load this room read none.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True, defer_build=True)
    needed: ClassVar[tuple[str, ...]] = ()


IN_PART = object()
"""The context of reading what is left of an item without its faulty parts."""


def lacking(missing: Iterable[str]) -> tuple[str, str]:
    """What is wrong with a part that has not all it needs, and the cure."""
    names = listed(f'"{name.rstrip("_")}"' for name in missing)
    return f"lacks {names}", "Add what is missing"


class Part(Item):
    """An item inside an item: refused when it lacks something, unless it is read as IN_PART."""

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        if info.context is not IN_PART:
            missing = [name for name in self.needed if getattr(self, name) is None]
            if missing:
                raise refuse(*lacking(missing), LACKING)
        return self
