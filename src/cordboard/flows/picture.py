"""A company's menus as a tree in SVG: from its numbers on the left to queues, people and messages on the right.

What is led to from several places is drawn once, where it is led to first; the others point to it by its name. The
picture needs nothing beside itself, and follows the light or dark of whoever looks.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from agi.flow.deciding import Case, Condition
from agi.flow.document import Flow, start_node
from agi.flow.nodes import Asking, Edge, Hours, Menu, Node, Target, TargetKind
from agi.flow.routing import Route, RouteCase
from cordboard.flows.covered import NEVER, Taken
from cordboard.flows.picture_words import (
    end_in_words,
    hours_in_words,
    kind_in_words,
    move_in_words,
    nothing_in_words,
)
from cordboard.flows.places import place_names
from cordboard.flows.visits import THEN, TYPED, way_called
from cordboard.provisioning.words import place as place_in_words
from cordboard.store.values import Company, Step

WIDTH, HEIGHT, COLUMN, ROW, MARGIN, HEADING = 220, 46, 380, 62, 28, 56
LONGEST_TITLE, LONGEST_NOTE, LONGEST_LABEL = 24, 30, 20
# What XML cannot hold: controls, halves of pairs, and two numbers that are no characters.
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Kind -> its colour on light and on dark ground; each box says its kind in words, too.
COLOURS: Mapping[str, tuple[str, str]] = {
    "did": ("#334155", "#cbd5e1"),
    "hours": ("#334155", "#cbd5e1"),
    "menu": ("#1d4ed8", "#93c5fd"),
    "play": ("#0f766e", "#5eead4"),
    "language": ("#be185d", "#f9a8d4"),
    "collect": ("#4338ca", "#a5b4fc"),
    "condition": ("#0369a1", "#7dd3fc"),
    "notify": ("#9f1239", "#fda4af"),
    "lookup": ("#9f1239", "#fda4af"),
    "set": ("#475569", "#cbd5e1"),
    "say": ("#0f766e", "#5eead4"),
    "speak": ("#0e7490", "#67e8f9"),
    "route": ("#15803d", "#86efac"),
    "callback": ("#0f766e", "#5eead4"),
    "external": ("#9f1239", "#fda4af"),
    "recording": ("#b91c1c", "#fca5a5"),
    "record": ("#a16207", "#fde047"),
    "answer": ("#166534", "#86efac"),
    "queue": ("#15803d", "#86efac"),
    "person": ("#7e22ce", "#d8b4fe"),
    "voicemail": ("#a16207", "#fde047"),
    "message": ("#b45309", "#fdba74"),
    "conference": ("#0e7490", "#67e8f9"),
    "hangup": ("#b91c1c", "#fca5a5"),
    "move": ("#64748b", "#94a3b8"),
}


@dataclass(slots=True)
class _Box:
    """One box of the tree; `row` is where its middle stands, in rows from the top."""

    kind: str
    title: str
    note: str
    of: str = ""
    """The id of its node; of a place outside its kind and id, `queue:sales`."""
    is_pointer: bool = False
    ways: list[tuple[str, _Box]] = field(default_factory=list)
    called: list[tuple[str, ...]] = field(default_factory=list)
    """Of each of them, what it is as figures call it."""
    taken: str = ""
    """How many paths came to it, where it is drawn first."""
    way_taken: str = ""
    """How many took the way to it."""
    column: int = 0
    row: float = 0.0


def picture(company: Company, flow: Flow, taken: Taken | None = None) -> str:
    """The tree as an SVG document; with what paths took: how many came to each node and went each way, and where none
    did, in words and dotted."""
    boxes, width, height = _laid_out(company, flow, taken)
    counted = [] if taken is None else [f'<text class="note" x="{MARGIN}" y="52">{_text(taken.words)}</text>']
    body = [*(_line(box, label, to) for box in boxes for label, to in box.ways), *(_drawn(box) for box in boxes)]
    title = f"{company.name}: menus"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            f' role="img" aria-label="{_text(title)}">',
            f"<title>{_text(title)}</title>",
            f"<style>{_style()}</style>",
            f'<rect class="ground" width="{width}" height="{height}"/>',
            f'<text class="heading" x="{MARGIN}" y="36">{_text(title)}</text>',
            *counted,
            *body,
            "</svg>",
            "",
        ]
    )


def tree(company: Company, flow: Flow, language: str = "en") -> dict[str, Any]:
    """The same for a page that draws it itself, its boxes in `language` (en or fr): `width` and `height`, `boxes` by
    their upper left corners, each of `box` wide and high, and `ways` between them by their places in that list."""
    boxes, width, height = _laid_out(company, flow, language=language)
    places = {id(box): place for place, box in enumerate(boxes)}
    return {
        "width": width,
        "height": height,
        "box": [WIDTH, HEIGHT],
        "boxes": [
            {"of": box.of, "kind": box.kind, "title": box.title, "note": box.note, "is_pointer": box.is_pointer,
             "x": _x(box), "y": _middle(box) - HEIGHT / 2}
            for box in boxes
        ],
        "ways": [
            {"from": places[id(box)], "to": places[id(to)], "label": label, "called": called}
            for box in boxes
            for (label, to), called in zip(box.ways, box.called, strict=True)
        ],
    }  # fmt: skip


def _laid_out(
    company: Company, flow: Flow, taken: Taken | None = None, language: str = "en"
) -> tuple[list[_Box], int, int]:
    """Every box with its place, and the width and height of them all."""
    roots = _Tree(company, flow, taken, language).roots()
    rows = 0.0
    for root in roots:
        rows = _place(root, 0, rows)
    boxes = [box for root in roots for box in _all(root)]
    width = MARGIN * 2 + WIDTH + COLUMN * max((box.column for box in boxes), default=0)
    return boxes, width, HEADING + MARGIN + max(1, round(rows)) * ROW


# --- the tree ---------------------------------------------------------------------------------------------------------


class _Tree:
    """Grows level by level: what is led to from several places stands nearest to the number."""

    def __init__(self, company: Company, flow: Flow, taken: Taken | None, language: str) -> None:
        self._company = company
        self._language = language
        self._flow = flow
        self._taken = taken
        self._drawn: set[str] = set()
        self._names = place_names(company)
        self._growing: deque[tuple[_Box, Node]] = deque()

    def roots(self) -> list[_Box]:
        """A tree for each DID, and one for each node that no DID leads to."""
        found = []
        for did in sorted(self._company.dids.values(), key=lambda did: did.number):
            node = self._flow.nodes.get(start_node(did.id))
            if node is not None:
                self._drawn.add(node.id)
                hours = [hours_in_words(node.schedule, self._language)] if isinstance(node, Hours) else []
                note = " · ".join([did.number, *hours])
                found.append(self._grown(_Box("did", did.name, note, node.id), node))
        for node in self._flow.nodes.values():
            if node.id not in self._drawn:
                self._drawn.add(node.id)
                found.append(self._grown(self._box(node), node))
        return found

    def _grown(self, root: _Box, start: Node) -> _Box:
        """With all that it leads to."""
        self._growing.append((root, start))
        while self._growing:
            box, node = self._growing.popleft()
            if self._taken is not None:
                box.taken = self._taken.words_of_node(node.id)
            for edge, ways in self._ways(node):
                labels = [_label(node, way) for way in ways]
                box.called.append(tuple(called_way(node, way) for way in ways))
                language = f" ({edge.language})" if edge.language else ""
                shown = ", ".join(label for label in labels if label) + language
                to = self._target(edge.target)
                if self._taken is not None:
                    to.way_taken = self._taken.words_of_way(node.id, ways[0])
                box.ways.append((shown, to))
        return root

    def _ways(self, node: Node) -> Iterable[tuple[Edge, list[str]]]:
        """What it leads to, with all ways there; each way alone where it is told who took it."""
        if self._taken is not None:
            return [(edge, [way]) for way, edge in node.ways()]
        grouped: dict[Edge, list[str]] = {}
        for way, edge in node.ways():
            grouped.setdefault(edge, []).append(way)
        return grouped.items()

    def _node(self, node: Node) -> _Box:
        box = self._box(node)
        if node.id in self._drawn:
            box.is_pointer = True
        else:
            self._drawn.add(node.id)
            self._growing.append((box, node))
        return box

    def _box(self, node: Node) -> _Box:
        known = self._company.menus.get(node.id) or self._company.steps.get(node.id)
        name = known.name if known else ""
        title = name or node.about or node.id
        about = f" · {node.about}" if node.about not in ("", title) else ""
        # A step that uses a part of the menus is a node that only leads on.
        written = known.kind if isinstance(known, Step) else node.kind
        kind = kind_in_words(written, self._language)
        return _Box(node.kind, title, f"{kind if title == node.id else f'{kind} {node.id}'}{about}", node.id)

    def _target(self, target: Target) -> _Box:
        if target.kind.is_node:
            node = self._flow.nodes.get(target.id)
            return self._node(node) if node is not None else _Box("hangup", target.id, nothing_in_words(self._language))
        if target.kind.is_move:
            return _Box("move", *move_in_words(target.kind, self._language), is_pointer=True)
        if target.kind is TargetKind.HANGUP:
            return _Box("hangup", *end_in_words(self._language))
        place = self._flow.place(target)
        name = self._names.get((place.kind, place.id), place.id)
        known = target.id if target.kind is TargetKind.DIAL else f"{target.kind}:{target.id}"
        words = place_in_words(self._company.place_words(place.kind, place.id), self._language)
        return _Box(str(place.kind), name, words, known)


def called_way(node: Node, way: str) -> str:
    """A way as figures call it."""
    if isinstance(node, Asking):
        keys = {opened: key for key, opened in node.offered.items()}
        return f"key {keys[way]}" if way in keys else TYPED if way == THEN else way_called(way)
    return way_called(way)


def _label(node: Node, way: str) -> str:
    first, _, rest = way.partition(".")
    if first in ("keys", "languages"):
        said = node.speech.words.get(rest, {}) if isinstance(node, Menu) and node.speech is not None else {}
        return ", ".join([rest, *(f"“{phrases[0]}”" for phrases in said.values() if phrases)])
    if isinstance(node, Condition | Route) and first == "cases":
        return _case(node.cases[int(rest.partition(".")[0])])
    if isinstance(node, Asking) and first == "no_input":
        return f"silence ×{node.no_input.tries}"
    if isinstance(node, Asking) and first == "wrong_input":
        return f"wrong ×{node.wrong_input.tries}"
    return "" if first in ("then", "taken") else first


def _case(case: Case | RouteCase) -> str:
    """What a variable has to be, or what each of several has."""
    if isinstance(case, Case):
        return _texts(case.values, case.prefixes)
    return " and ".join(
        f"{name} {_texts(case.values.get(name, ()), case.prefixes.get(name, ()))}" for name in case.variables
    )


def _texts(values: Iterable[str], prefixes: Iterable[str]) -> str:
    return ", ".join((*values, *(f"{prefix}…" for prefix in prefixes)))


def _place(box: _Box, column: int, row: float) -> float:
    """Give the box and all behind it their places from this row on; returns the next free row."""
    # A stack of its own: a chain of menus may be longer than Python's.
    order: list[_Box] = []
    waiting = [(box, column)]
    while waiting:
        here, depth = waiting.pop()
        here.column = depth
        order.append(here)
        waiting.extend((to, depth + 1) for _, to in reversed(here.ways))
    for here in order:
        if not here.ways:
            here.row, row = row + 0.5, row + 1.0
    for here in reversed(order):
        if here.ways:
            here.row = (here.ways[0][1].row + here.ways[-1][1].row) / 2
    return row + 0.3


def _all(box: _Box) -> Iterator[_Box]:
    waiting = [box]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(to for _, to in here.ways)


# --- drawing ----------------------------------------------------------------------------------------------------------


def _x(box: _Box) -> int:
    return MARGIN + box.column * COLUMN


def _middle(box: _Box) -> float:
    return HEADING + box.row * ROW


def _drawn(box: _Box) -> str:
    x, y = _x(box), _middle(box) - HEIGHT / 2
    is_never = (box.taken or box.way_taken) == NEVER
    kind = f"{box.kind}{' pointer' if box.is_pointer else ''}{' never' if is_never else ''}"
    note = f"{box.taken} · {box.note}" if box.taken else box.note
    arrow = "→ " if box.is_pointer else ""
    return (
        f'<g class="{kind}"><title>{_text(f"{box.title}: {note}")}</title>'
        f'<rect class="box" x="{x}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="7"/>'
        f'<rect class="mark" x="{x}" y="{y:g}" width="6" height="{HEIGHT}" rx="3"/>'
        f'<text class="title" x="{x + 16}" y="{y + 20:g}">{_text(_cut(arrow + box.title, LONGEST_TITLE))}</text>'
        f'<text class="note" x="{x + 16}" y="{y + 36:g}">{_text(_cut(note, LONGEST_NOTE))}</text></g>'
    )


def _line(box: _Box, label: str, to: _Box) -> str:
    x1, y1, x2, y2 = _x(box) + WIDTH, _middle(box), _x(to), _middle(to)
    bend = x1 + 16
    kind = f"way{' never' if to.way_taken == NEVER else ''}"
    path = f'<path class="{kind}" d="M{x1} {y1:g} C{bend} {y1:g} {x1 + 4} {y2:g} {bend + 12} {y2:g} L{x2} {y2:g}"/>'
    shown = _text(_cut(label, LONGEST_LABEL))
    if label:
        path += f'<text class="label" x="{x2 - 8}" y="{y2 - 5:g}">{shown}</text>'
    if to.way_taken:
        path += f'<text class="label taken" x="{x2 - 8}" y="{y2 + 13:g}">{_text(to.way_taken)}</text>'
    return path


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(text: str) -> str:
    """Text as it may stand in an element or in an attribute."""
    return escape(_NO_XML.sub("\ufffd", text), {'"': "&quot;", "'": "&#39;", "\n": " ", "\r": " ", "\t": " "})


def _style() -> str:
    def marks(dark: bool) -> str:
        return "".join(f".{kind} .mark{{fill:{colours[dark]}}}" for kind, colours in COLOURS.items())

    return (
        "text{font-family:system-ui,'Segoe UI','DejaVu Sans',sans-serif;fill:#0f172a}"
        ".ground{fill:#ffffff}.box{fill:#f8fafc;stroke:#cbd5e1}.pointer .box{stroke-dasharray:4 3}"
        ".way{fill:none;stroke:#94a3b8;stroke-width:1.5}"
        ".never .box,.way.never{stroke:#b91c1c;stroke-width:2;stroke-dasharray:1 4;stroke-linecap:round}"
        ".heading{font-size:20px;font-weight:600}.title{font-size:13px;font-weight:600}.note{font-size:11px;fill:#475569}"
        ".label{font-size:11px;text-anchor:end;fill:#334155}"
        f"{marks(False)}"
        "@media(prefers-color-scheme:dark){"
        "text{fill:#f1f5f9}.ground{fill:#0f172a}.box{fill:#1e293b;stroke:#475569}.way{stroke:#64748b}"
        f".note{{fill:#cbd5e1}}.label{{fill:#e2e8f0}}.never .box,.way.never{{stroke:#fca5a5}}{marks(True)}}}"
    )
