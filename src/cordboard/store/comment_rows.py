"""Comments of a company file as rows and back: a row holds those of one item of a section, and of what is in it."""

from collections.abc import Iterable, Mapping
from typing import Any

from cordboard.store.values import Comment

Columns = dict[str, Any]


def rows_of_comments(company: str, comments: Mapping[tuple[str, ...], Comment]) -> list[Columns]:
    """What is about a section as a whole has no item, what is about the file no section."""
    of_items: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path, comment in sorted(comments.items()):
        section, item, below = "".join(path[:1]), "".join(path[1:2]), list(path[2:])
        before, after = list(comment.before), list(comment.after)
        written = {"path": below, "before": before, "beside": comment.beside, "after": after}
        of_items.setdefault((section, item), []).append(written)
    return [
        {"company": company, "section": section, "item": item, "comments": written}
        for (section, item), written in of_items.items()
    ]


def comments_of_rows(rows: Iterable[Columns]) -> dict[tuple[str, ...], Comment]:
    return {
        (*filter(None, (row["section"], row["item"])), *written["path"]): Comment(
            before=tuple(written["before"]), beside=written["beside"], after=tuple(written["after"])
        )
        for row in rows
        for written in row["comments"]
    }


def about(row: Columns) -> str:
    """What the comments of a row are about: `menus.main`, `menus`; "" is the file."""
    return ".".join(filter(None, (row["section"], row["item"])))
