"""Companies and flows compiled to the view that templates see. Pure; the same values always give the same view."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from agi.flow.document import Flow, Hours, Interval, Menu, Node, Play, start_node
from agi.flow.spoken import named, placed
from agi.flow.steps import Language
from cordboard.provisioning.compiled_steps import step_view
from cordboard.provisioning.compiled_ways import asking, kind_of, target_of
from cordboard.provisioning.dialled_out import outgoing_of
from cordboard.provisioning.sources import Placement, Tenant
from cordboard.store.values import QueueSpec, TargetRef
from dialplan_templates.views import (
    HANG_UP,
    BlockedView,
    CompanyView,
    ConferenceView,
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
    StepView,
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
        companies=tuple(
            _company(tenant, placement.speech) for tenant in sorted(tenants, key=lambda tenant: tenant.company.id)
        ),
        directories=placement.directories,
        network=placement.network,
        run_account=placement.run_account,
        deploy_account=placement.deploy_account,
        kept=kept,
        tone_zone=placement.tone_zone,
        opus_module=placement.opus_module,
    )


def _company(tenant: Tenant, speech: str) -> CompanyView:
    tenant = replace(tenant, flow=tenant.flow.placed(speech))
    company, flow = tenant.company, tenant.flow
    return CompanyView(
        id=company.id,
        name=company.name,
        language=company.language,
        flow_version=tenant.flow_version,
        phones=tuple(_phones(tenant)),
        voicemails=tuple(_voicemails(tenant)),
        conferences=tuple(_conferences(tenant)),
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
        steps=tuple(_steps(tenant)),
        outside=tuple(sorted(_outside(flow))),
        plays=tuple(
            PlayView(
                id=node.id,
                name=node.id,
                sounds=flow.prompts.get(node.prompt or "", {}),
                then=target_of(flow, node.then),
            )
            for node in _nodes(flow)
            if isinstance(node, Play) and not node.only_leads_on
        ),
        messages=tuple(
            MessageView(
                id=message.id,
                name=message.name,
                sounds=placed(named(message.sounds), speech),
                is_answer=message.answers,
            )
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
                shows=trunk.shows,
            )
            for trunk in sorted(company.trunks.values(), key=lambda trunk: trunk.id)
        ),
        outgoing=outgoing_of(company),
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
        permission = company.permission_of(endpoint)
        yield PhoneView(
            id=endpoint.id,
            name=endpoint.name,
            number=endpoint.extension,
            secret=tenant.sip_secrets.get(endpoint.id, ""),
            language=endpoint.language or company.language,
            mailbox=endpoint.id if endpoint.id in with_box else None,
            permission=permission.id if permission else None,
            shows=company.number_shown(endpoint) if company.dials_out else None,
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


def _conferences(tenant: Tenant) -> Iterator[ConferenceView]:
    for conference in tenant.company.conferences.values():
        yield ConferenceView(
            id=conference.id,
            name=conference.name,
            number=conference.number,
            most_members=conference.most_members,
            waits_for_host=conference.wait_for_host,
            is_announced=conference.announce,
            is_muted=conference.muted,
            guest_pin=tenant.guest_pins.get(conference.id, ""),
            host_pin=tenant.host_pins.get(conference.id, ""),
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


def _outside(flow: Flow) -> Collection[str]:
    """Outside numbers that an edge names, be it one that is not compiled."""
    targets = {edge.target for node in flow.nodes.values() for _, edge in node.ways()}
    return {target.id for target in targets if target.kind.value == TargetKind.EXTERNAL}


def _steps(tenant: Tenant) -> Iterator[StepView]:
    for node in _nodes(tenant.flow):
        view = step_view(tenant, node)
        if view is not None:
            yield view


def _nodes(flow: Flow) -> list[Node]:
    return sorted(flow.nodes.values(), key=lambda node: node.id)


def start_of(flow: Flow, did: str) -> TargetView:
    """Where callers of a DID start."""
    node = flow.nodes.get(start_node(did))
    if node is None:
        return HANG_UP
    if isinstance(node, Play) and node.only_leads_on:
        return target_of(flow, node.then)
    return TargetView(kind_of(node), node.id)


def _hours(flow: Flow, node: Hours) -> HoursView:
    schedule = flow.schedules.get(node.schedule)
    weekly = schedule.weekly if schedule else ()
    return HoursView(
        id=node.id,
        name=node.schedule,
        time_zone=schedule.time_zone if schedule else "UTC",
        weekly=tuple(_interval(interval) for interval in weekly),
        closed_dates=schedule.closed_dates if schedule else (),
        when_open=target_of(flow, node.open),
        when_closed=target_of(flow, node.closed),
    )


def _interval(interval: Interval) -> IntervalView:
    opens = interval.start.hour * 60 + interval.start.minute
    closes = interval.end.hour * 60 + interval.end.minute
    return IntervalView(days=frozenset(WEEK[day] for day in interval.days), opens=opens, closes=closes or 24 * 60)


def _menu(tenant: Tenant, node: Menu | Language) -> MenuView:
    ways = dict(node.ways())
    return MenuView(
        keys=tuple(
            KeyView(keys=keys, target=target_of(tenant.flow, ways[way])) for keys, way in sorted(node.offered.items())
        ),
        language=node.language if isinstance(node, Menu) else None,
        heard_in=node.heard_in if isinstance(node, Language) else (),
        is_step=isinstance(node, Language),
        **asking(tenant, node),
    )
