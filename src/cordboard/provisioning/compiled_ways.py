"""What menus and steps share when they are compiled: where they lead, how they ask, what they are called. Pure."""

from __future__ import annotations

from typing import Any

from agi.flow.document import Edge, Flow, Hours, Menu, Node, Play, Retry
from agi.flow.nodes import Asking
from agi.flow.steps import Language
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Company
from dialplan_templates.views import HANG_UP, RetryView, TargetKind, TargetView


def kind_of(node: Node) -> TargetKind:
    """A choice of language is compiled as a menu."""
    if isinstance(node, Language):
        return TargetKind.MENU
    return TargetKind(node.kind) if isinstance(node, Menu | Hours | Play) else TargetKind.STEP


def target_of(flow: Flow, edge: Edge) -> TargetView:
    """Where an edge leads, past nodes that do nothing but lead on."""
    language, target = edge.language, edge.target
    passed: set[str] = set()
    while target.kind.is_node:
        node = flow.nodes.get(target.id)
        if not isinstance(node, Play) or not node.only_leads_on or node.id in passed:
            break
        passed.add(node.id)
        language, target = node.then.language or language, node.then.target
    if not target.kind.is_node:
        return TargetView(TargetKind(target.kind.value), target.id, language)
    node = flow.nodes.get(target.id)
    if node is None or target.id in passed:
        return HANG_UP
    return TargetView(kind_of(node), target.id, language)


def asking(tenant: Tenant, node: Asking) -> dict[str, Any]:
    """What everything that asks has."""
    flow = tenant.flow
    return {
        "id": node.id,
        "name": display_name(tenant.company, node.id),
        "version": tenant.flow_version,
        "prompt": flow.prompts.get(node.prompt or "", {}),
        "no_input": _retry(flow, node, node.no_input),
        "wrong_input": _retry(flow, node, node.wrong_input),
        "barge_in": node.barge_in and flow.lets_stop(node.prompt),
        "first_digit_seconds": node.first_digit_seconds,
        "inter_digit_seconds": node.inter_digit_seconds,
    }


def display_name(company: Company, node: str) -> str:
    """The name of a menu or a step as people know it; a node of the flow alone is known by its id."""
    known = company.menus.get(node) or company.steps.get(node)
    return known.name if known else node


def _retry(flow: Flow, node: Asking, written: Retry) -> RetryView:
    return RetryView(
        tries=written.tries,
        then=target_of(flow, written.then),
        prompt=flow.prompts.get(written.prompt or "", {}),
        barge_in=node.barge_in and flow.lets_stop(written.prompt, node.prompt),
    )
