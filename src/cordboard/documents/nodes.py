"""A part of a YAML text as it is written."""

from dataclasses import dataclass

from cordboard.store.values import Comment

MERGE = "<<"


@dataclass(slots=True, eq=False)
class Node:
    """A part of the document as written: text, or its children (of a mapping: keys and values in turn), or an alias."""

    line: int
    text: str = ""
    is_plain: bool = False
    is_mapping: bool = False
    is_alias: bool = False
    children: "list[Node] | None" = None
    target: "Node | None" = None
    """What an alias stands for; None when there is nothing that it could."""
    refusal: tuple[str, str] | None = None
    """What is not allowed about it, and the cure."""
    column: int = 0
    notes: list[Comment] | None = None
    """Of a key, a position of a list, or the document as a whole, in their order."""

    @property
    def comment(self) -> Comment | None:
        return Comment.of(self.notes) if self.notes else None
