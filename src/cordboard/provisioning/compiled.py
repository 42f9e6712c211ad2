"""Companies and flows compiled to the view that templates see. Pure; the same values always give the same view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agi.flow.deciding import Assign, Condition
from agi.flow.document import Edge, Flow, Hours, Interval, Menu, Node, Play, Retry
from agi.flow.nodes import Asking
from agi.flow.saying import Say
from agi.flow.steps import Collect, Language
from cordboard.provisioning.sources import Placement, Tenant, start_node
from cordboard.store.values import Company, QueueSpec, TargetRef
from dialplan_templates.views import (
    HANG_UP,
    AssignView,
    BlockedView,
    CaseView,
    CollectView,
    CompanyView,
    ConditionView,
    DidView,
    HoursView,
    IntervalView,
    KeptGeneration,
    KeyView,
    MenuView,
    MessageView,
    PhoneView,
    PlayView,
    QueueView,
    RetryView,
    SayView,
    Strategy,
    SwitchView,
    TargetKind,
    TargetView,
    TrunkView,
    VoicemailView,
)

WEEK = {day: number for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
ORDINARY_MUSIC = "default"
RINGING = "ringing"


def compiled(
    tenants: Sequence[Tenant], placement: Placement, generation: int, kept: tuple[KeptGeneration, ...] = ()
) -> SwitchView:
    """The view of one generation. Expects sources that passed the checks; what dangles nevertheless ends the call."""
    return SwitchView(
        generation=generation,
        mode=placement.mode,
        systemname=placement.systemname,
        companies=tuple(_company(tenant) for tenant in sorted(tenants, key=lambda tenant: tenant.company.id)),
        directories=placement.directories,
        network=placement.network,
        run_account=placement.run_account,
        deploy_account=placement.deploy_account,
        kept=kept,
        tone_zone=placement.tone_zone,
        opus_module=placement.opus_module,
    )


def _company(tenant: Tenant) -> CompanyView:
    company, flow = tenant.company, tenant.flow
    return CompanyView(
        id=company.id,
        name=company.name,
        language=company.language,
        phones=tuple(_phones(tenant)),
        voicemails=tuple(_voicemails(tenant)),
        queues=tuple(_queue(queue) for _, queue in sorted(company.queues.items())),
        dids=tuple(
            DidView(
                id=did.id,
                number=did.number,
                name=did.name,
                language=did.language,
                start=start_of(flow, did.id),
            )
            for did in sorted(company.dids.values(), key=lambda did: did.id)
        ),
        hours=tuple(_hours(flow, node) for node in _nodes(flow) if isinstance(node, Hours)),
        menus=tuple(_menu(tenant, node) for node in _nodes(flow) if isinstance(node, Menu | Language)),
        assigns=tuple(
            AssignView(
                id=node.id,
                name=display_name(company, node.id),
                values=tuple(node.values.items()),
                then=_target(flow, node.then),
            )
            for node in _nodes(flow)
            if isinstance(node, Assign)
        ),
        says=tuple(_say(tenant, node) for node in _nodes(flow) if isinstance(node, Say)),
        conditions=tuple(_condition(tenant, node) for node in _nodes(flow) if isinstance(node, Condition)),
        collects=tuple(_collect(tenant, node) for node in _nodes(flow) if isinstance(node, Collect)),
        plays=tuple(
            PlayView(
                id=node.id,
                name=node.id,
                sounds=flow.prompts.get(node.prompt or "", {}),
                then=_target(flow, node.then),
            )
            for node in _nodes(flow)
            if isinstance(node, Play) and not _only_leads_on(node)
        ),
        messages=tuple(
            MessageView(id=message.id, name=message.name, sounds=message.sounds, is_answer=message.answers)
            for message in sorted(company.messages.values(), key=lambda message: message.id)
        ),
        trunks=tuple(
            TrunkView(
                id=trunk.id,
                name=trunk.name,
                match=trunk.addresses,
                match_header=trunk.header,
                contact=trunk.to,
                is_peer=trunk.is_peer,
            )
            for trunk in sorted(company.trunks.values(), key=lambda trunk: trunk.id)
        ),
        blocked=tuple(
            BlockedView(number=blocked.number, is_prefix=blocked.is_prefix, message=blocked.message)
            for blocked in company.blocked
        ),
    )


def _phones(tenant: Tenant) -> Iterator[PhoneView]:
    company = tenant.company
    with_box = {box.id for box in company.boxes()}
    for endpoint in company.endpoints():
        assert endpoint.extension is not None
        yield PhoneView(
            id=endpoint.id,
            name=endpoint.name,
            number=endpoint.extension,
            secret=tenant.sip_secrets.get(endpoint.id, ""),
            language=endpoint.language or company.language,
            mailbox=endpoint.id if endpoint.id in with_box else None,
        )


def _voicemails(tenant: Tenant) -> Iterator[VoicemailView]:
    for box in tenant.company.boxes():
        yield VoicemailView(
            id=box.id,
            name=box.name,
            email=box.email or None,
            pin=tenant.pins.get(box.id, ""),
            language=box.language,
        )


def _queue(queue: QueueSpec) -> QueueView:
    return QueueView(
        id=queue.id,
        name=queue.name,
        number=queue.number,
        relax_after=tuple(step.after for step in queue.relax),
        strategy=Strategy[queue.strategy.upper()],
        ring_seconds=queue.ring,
        wrap_up_seconds=queue.wrap_up_guard,
        pauses_who_missed=queue.missed_before_pause == 1,
        max_waiting=queue.max_waiting,
        max_wait_seconds=queue.max_wait,
        priority=queue.priority,
        music=None if queue.music in (ORDINARY_MUSIC, RINGING) else queue.music,
        hears_ringing=queue.music == RINGING,
        announce_position=queue.announce_position,
        when_full=_place(queue.when_full),
        when_late=_place(queue.when_late),
        when_empty=_place(queue.when_empty),
    )


def _place(target: TargetRef) -> TargetView:
    return TargetView(TargetKind(target.kind.value), target.id)


# --- the flow --------------------------------------------------------------------------------------------------------


def _nodes(flow: Flow) -> list[Node]:
    return sorted(flow.nodes.values(), key=lambda node: node.id)


def _only_leads_on(node: Node) -> bool:
    return isinstance(node, Play) and node.prompt is None


def start_of(flow: Flow, did: str) -> TargetView:
    """Where callers of a DID start."""
    node = flow.nodes.get(start_node(did))
    if node is None:
        return HANG_UP
    if isinstance(node, Play) and _only_leads_on(node):
        return _target(flow, node.then)
    return TargetView(_target_kind(node), node.id)


def _target_kind(node: Node) -> TargetKind:
    """A choice of language is compiled as a menu."""
    if isinstance(node, Language):
        return TargetKind.MENU
    return TargetKind(node.kind) if isinstance(node, Menu | Hours | Play) else TargetKind.STEP


def _target(flow: Flow, edge: Edge) -> TargetView:
    """Where an edge leads, past nodes that do nothing but lead on."""
    language, target = edge.language, edge.target
    passed: set[str] = set()
    while target.kind.is_node:
        node = flow.nodes.get(target.id)
        if not isinstance(node, Play) or not _only_leads_on(node) or node.id in passed:
            break
        passed.add(node.id)
        language, target = node.then.language or language, node.then.target
    if not target.kind.is_node:
        return TargetView(TargetKind(target.kind.value), target.id, language)
    node = flow.nodes.get(target.id)
    if node is None or target.id in passed:
        return HANG_UP
    return TargetView(_target_kind(node), target.id, language)


def _hours(flow: Flow, node: Hours) -> HoursView:
    schedule = flow.schedules.get(node.schedule)
    weekly = schedule.weekly if schedule else ()
    return HoursView(
        id=node.id,
        name=node.schedule,
        time_zone=schedule.time_zone if schedule else "UTC",
        weekly=tuple(_interval(interval) for interval in weekly),
        closed_dates=schedule.closed_dates if schedule else (),
        when_open=_target(flow, node.open),
        when_closed=_target(flow, node.closed),
    )


def _interval(interval: Interval) -> IntervalView:
    opens = interval.start.hour * 60 + interval.start.minute
    closes = interval.end.hour * 60 + interval.end.minute
    return IntervalView(days=frozenset(WEEK[day] for day in interval.days), opens=opens, closes=closes or 24 * 60)


def _menu(tenant: Tenant, node: Menu | Language) -> MenuView:
    ways = dict(node.ways())
    return MenuView(
        keys=tuple(
            KeyView(keys=keys, target=_target(tenant.flow, ways[way])) for keys, way in sorted(node.offered.items())
        ),
        language=node.language if isinstance(node, Menu) else None,
        heard_in=node.heard_in if isinstance(node, Language) else (),
        is_step=isinstance(node, Language),
        **_asking(tenant, node),
    )


def _collect(tenant: Tenant, node: Collect) -> CollectView:
    flow = tenant.flow
    return CollectView(
        variable=node.into,
        then=_target(flow, node.then),
        least=node.least,
        most=node.most,
        end=node.end,
        shapes=node.shapes,
        confirm=None if node.confirm is None else flow.prompts.get(node.confirm, {}),
        is_secret=node.secret,
        **_asking(tenant, node),
    )


def _say(tenant: Tenant, node: Say) -> SayView:
    flow = tenant.flow
    return SayView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        what=node.what,
        variable=node.variable,
        then=_target(flow, node.then),
        unit=flow.prompts.get(node.unit or "", {}),
        cents=flow.prompts.get(node.cents or "", {}),
        time_zone=node.time_zone,
        forms=node.said_as,
    )


def _condition(tenant: Tenant, node: Condition) -> ConditionView:
    return ConditionView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        variable=node.variable,
        cases=tuple(
            CaseView(then=_target(tenant.flow, case.then), values=case.values, prefixes=case.prefixes)
            for case in node.cases
        ),
        otherwise=_target(tenant.flow, node.otherwise),
    )


def _asking(tenant: Tenant, node: Asking) -> dict[str, Any]:
    """What everything that asks has."""
    flow = tenant.flow
    return {
        "id": node.id,
        "name": display_name(tenant.company, node.id),
        "version": tenant.flow_version,
        "prompt": flow.prompts.get(node.prompt or "", {}),
        "no_input": _retry(flow, node.no_input),
        "wrong_input": _retry(flow, node.wrong_input),
        "barge_in": node.barge_in,
        "first_digit_seconds": node.first_digit_seconds,
        "inter_digit_seconds": node.inter_digit_seconds,
    }


def display_name(company: Company, node: str) -> str:
    """The name of a menu or a step as people know it; a node of the flow alone is known by its id."""
    known = company.menus.get(node) or company.steps.get(node)
    return known.name if known else node


def _retry(flow: Flow, retry: Retry) -> RetryView:
    return RetryView(tries=retry.tries, then=_target(flow, retry.then), prompt=flow.prompts.get(retry.prompt or "", {}))
