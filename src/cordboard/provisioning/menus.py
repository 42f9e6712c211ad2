"""What differs between two versions of a company's menus, and what of them a switch does not have yet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agi.flow.document import Flow, start_node
from agi.flow.document import TargetKind as FlowTarget
from cordboard.provisioning.changes import Change, compare_inventories
from cordboard.provisioning.inventory import Parameters, inventory
from cordboard.provisioning.phrases import sentences
from cordboard.provisioning.reachability import Places, edges_of
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Company

KINDS = frozenset({"DID", "menu", "step", "opening", "announcement", "hours", "prompt"})
"""What of the inventory a flow is made of."""


def menu_changes(before: Tenant, after: Tenant) -> tuple[Change, ...]:
    """What callers meet otherwise."""
    return compare_inventories(_menus(before), _menus(after))


def menu_words(before: Tenant, after: Tenant, language: str = "en") -> tuple[str, ...]:
    """The same in sentences, each behind its sign."""
    return words_of(menu_changes(before, after), language)


def words_of(changes: Sequence[Change], language: str = "en") -> tuple[str, ...]:
    """Changes in sentences, each behind its sign."""
    return tuple(f"{change.action} {line}" for change in changes for line in sentences(change, language))


def _menus(tenant: Tenant) -> dict[str, Mapping[str, Parameters]]:
    return {kind: things for kind, things in inventory([tenant], None).items() if kind in KINDS}


def not_there(wanted: Tenant, applied: Company, compiled: Flow) -> Iterator[str]:
    """What these menus lead to that a switch does not have which runs `applied`, and so dials as the flow `compiled`
    of it; "queue night" for one."""
    flow, places = wanted.flow, Places(applied)
    targets = {edge.target: None for _, _, _, edge in edges_of(flow) if edge.target.kind.is_exit}
    for target in targets:
        if target.kind is FlowTarget.DIAL:
            if flow.nodes[target.id] != compiled.nodes.get(target.id):
                yield f"step {target.id} as it is written"
        elif not places.hold(target.kind, target.id):
            yield wanted.company.place_words(target.kind, target.id)
    known = {start_node(did) for did in applied.dids}
    starts = [node for node in flow.nodes if node.startswith(start_node(""))]
    yield from (f"DID {node.removeprefix(start_node(''))}" for node in starts if node not in known)
