"""Steps between menus: from their shape in the file to the parts of the flow's nodes, and back.

A company keeps of a step what the file says of it, as the flow document writes it: what it leaves out is left to the
defaults of the node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agi.flow.document import node_of
from agi.flow.kinds import KINDS
from agi.flow.nodes import Node
from cordboard.documents.items import Item
from cordboard.documents.places import WrittenPlace
from cordboard.documents.problems import Path
from cordboard.documents.step_shapes import AnyStep
from cordboard.store.values import Step

WAYS = ("then", "otherwise", "open", "closed", "found", "not_found", "sent", "refused", "failure", "start")
NAMED_WAYS = ("ends",)
"""Parts whose names somebody chose, each with where it leads."""
PROMPTS = ("prompt", "confirm", "ask", "thanks", "unit", "cents", "review", "announcement")
_AS_NODES_SAY = {
    "first_digit": "first_digit_seconds",
    "inter_digit": "inter_digit_seconds",
    "deadline": "deadline_seconds",
    "hours": "schedule",
    "ring": "ring_seconds",
    "pause": "pause_seconds",
    "within": "within_hours",
    "longest": "longest_seconds",
    "silence": "silence_seconds",
}
_AS_FILES_SAY = {flow: file for file, flow in _AS_NODES_SAY.items()}


def parts_in(item: object, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that was written in an item, however deep, with its path. A place to go to is one value, and so are
    texts under names that somebody chose."""
    if isinstance(item, Item) and not isinstance(item, WrittenPlace):
        for name, field in type(item).model_fields.items():
            yield from parts_in(getattr(item, name), (*path, field.alias or name))
    elif isinstance(item, dict) and not _are_texts(item):
        for name, value in item.items():
            yield from parts_in(value, (*path, name))
    elif isinstance(item, list):
        for place, value in enumerate(item):
            yield from parts_in(value, (*path, place))
    elif item is not None:
        yield path, item


def step_of(key: str, written: AnyStep, edge: Callable[[Any], Mapping[str, Any]]) -> Step:
    """`edge` turns where a call goes into what nodes say of it."""
    parts = _parts(written, edge)
    return Step(id=key, name=written.name or key, kind=parts.pop("kind"), parts=parts)


def _parts(item: Item, edge: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in type(item).model_fields.items():
        value = getattr(item, name)
        if value is None or name == "name":
            continue
        if name in NAMED_WAYS:
            found[name] = {each: edge(way) for each, way in sorted(value.items())}
        else:
            found[_AS_NODES_SAY.get(name, field.alias or name)] = edge(value) if name in WAYS else _plain(value, edge)
    return found


def _plain(value: Any, edge: Callable[[Any], Mapping[str, Any]]) -> Any:
    if isinstance(value, Item):
        return _parts(value, edge)
    if isinstance(value, list):
        return [_plain(each, edge) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each, edge) for name, each in sorted(value.items())}
    return value


def written_step(step: Step, edge: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
    """The step as the file says it. `edge` turns what a node says of where a call goes into what the file says."""
    return {"name": step.name, "kind": step.kind, **_written(step.parts, edge)}


def _written(parts: Mapping[str, Any], edge: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parts.items():
        if name in WAYS:
            found[name] = edge(value)
        elif name in NAMED_WAYS:
            found[name] = {each: edge(way) for each, way in value.items()}
        elif isinstance(value, Mapping):
            found[name] = dict(value) if _are_texts(value) else _written(value, edge)
        elif isinstance(value, list):
            found[name] = [_written(each, edge) if isinstance(each, Mapping) else each for each in value]
        else:
            found[_AS_FILES_SAY.get(name, name)] = value
    return found


def _are_texts(value: Mapping[str, Any]) -> bool:
    """Are these names that somebody chose, each with a text? They mean nothing here, whatever they are."""
    return all(isinstance(each, str) for each in value.values())


def node_of_step(step: Step, time_zone: str) -> Node:
    """The node of the flow; `time_zone` is that of the company. Raises FlowRefused for parts that no node has."""
    own = {"time_zone": time_zone} if "time_zone" in dict(KINDS[step.kind].forms()) else {}
    return node_of(step.id, {"kind": step.kind, **own, **step.parts})
