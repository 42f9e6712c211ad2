"""Finds what a flow would say though it is secret."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from agi.errors import Problem
from agi.flow.nodes import Node


def said_secrets(nodes: Collection[Node]) -> Iterator[Problem]:
    """Every place that says a variable which somewhere gets a value that is told to nobody."""
    hidden = {name: node.id for node in nodes if node.is_secret for _, name in node.gives()}
    for node in nodes:
        for path, name in node.tells():
            if name in hidden:
                what = f"would say {name}, which is secret: see {hidden[name]}"
                yield Problem(f"nodes.{node.id}.{path}", what, "Name another variable, or leave secret out there")
