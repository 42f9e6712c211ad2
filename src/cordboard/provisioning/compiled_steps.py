"""Steps between menus as templates see them, one function a kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from agi.flow.callback import Callback
from agi.flow.deciding import Assign, Condition
from agi.flow.leaving import External
from agi.flow.lookup import Connected, Lookup
from agi.flow.nodes import Node
from agi.flow.notice import Notify
from agi.flow.recording import Record, RecordCall
from agi.flow.recording_names import LEAST_SECONDS, bytes_of
from agi.flow.routing import Route, Wish
from agi.flow.saying import Say
from agi.flow.serving import Answer
from agi.flow.speaking import Speak
from agi.flow.steps import Collect
from cordboard.provisioning.compiled_ways import asking, display_name, target_of
from cordboard.provisioning.sources import Tenant
from cordboard.store.skills import queue_with
from dialplan_templates.views import (
    AnswerView,
    AssignView,
    CaseView,
    CollectView,
    ConditionView,
    ExternalView,
    LookupView,
    RecordCallView,
    RecordView,
    RetryView,
    RouteCaseView,
    RouteView,
    SayView,
    StepView,
    TargetKind,
    TargetView,
    TestView,
)


def step_view(tenant: Tenant, node: Node) -> StepView | None:
    """None: a node that is compiled otherwise, as menus are."""
    view = _VIEWS.get(type(node))
    return view(tenant, node) if view else None


def _collect(tenant: Tenant, node: Collect) -> CollectView:
    flow = tenant.flow
    return CollectView(
        variable=node.into,
        then=target_of(flow, node.then),
        least=node.least,
        most=node.most,
        end=node.end,
        shapes=node.shapes,
        confirm=None if node.confirm is None else flow.prompts.get(node.confirm, {}),
        confirm_barge_in=node.barge_in and flow.lets_stop(node.confirm),
        is_secret=node.secret,
        **asking(tenant, node),
    )


def _say(tenant: Tenant, node: Say) -> SayView:
    flow = tenant.flow
    return SayView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        what=node.what,
        variable=node.variable,
        then=target_of(flow, node.then),
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
            CaseView(then=target_of(tenant.flow, case.then), values=case.values, prefixes=case.prefixes)
            for case in node.cases
        ),
        otherwise=target_of(tenant.flow, node.otherwise),
    )


def _assign(tenant: Tenant, node: Assign) -> AssignView:
    return AssignView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        values=tuple(node.values.items()),
        then=target_of(tenant.flow, node.then),
    )


def _speak(tenant: Tenant, node: Speak) -> AssignView:
    """No voice speaks without Cordboard: it is passed over, as a step that sets nothing."""
    return AssignView(
        id=node.id, name=display_name(tenant.company, node.id), values=(), then=target_of(tenant.flow, node.then)
    )


def _answer(tenant: Tenant, node: Answer) -> AnswerView:
    return AnswerView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        prompt=tenant.flow.prompts.get(node.prompt or "", {}),
        then=target_of(tenant.flow, node.then),
    )


def _lookup(tenant: Tenant, node: Connected) -> LookupView:
    return LookupView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        variables=tuple(name for _, name in node.gives()),
        failure=target_of(tenant.flow, node.failure),
    )


def _callback(tenant: Tenant, node: Callback) -> LookupView:
    """Without Cordboard nobody takes it down."""
    return LookupView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        variables=(),
        failure=target_of(tenant.flow, node.failure),
    )


def _route(tenant: Tenant, node: Route) -> RouteView:
    queues = {way: edge.target.id for way, edge in node.ways()}
    asked = {queue.id: queue.skills for queue in tenant.company.queues.values()}

    def leads_to(way: str, wish: Wish) -> TargetView:
        """The queue that the live script would choose."""
        named = queues[way]
        found = queue_with(asked, named, wish.skills) if wish.skills and named in asked else None
        return TargetView(TargetKind.QUEUE, found or named)

    return RouteView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        cases=tuple(
            RouteCaseView(
                tests=tuple(
                    TestView(name, case.values.get(name, ()), case.prefixes.get(name, ())) for name in case.variables
                ),
                then=leads_to(f"cases.{place}", case.wish),
                priority=case.wish.priority,
            )
            for place, case in enumerate(node.cases)
        ),
        then=leads_to("otherwise", Wish(node.priority, node.skills)),
        priority=node.priority,
    )


def _external(tenant: Tenant, node: External) -> ExternalView:
    return ExternalView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        number=node.number,
        ring_seconds=node.ring_seconds,
        failure=target_of(tenant.flow, node.failure),
    )


def _record(tenant: Tenant, node: Record) -> RecordView:
    flow = tenant.flow
    return RecordView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        prompt=flow.prompts.get(node.prompt or "", {}),
        variable=node.into,
        then=target_of(flow, node.then),
        no_input=RetryView(
            tries=node.no_input.tries,
            then=target_of(flow, node.no_input.then),
            prompt=flow.prompts.get(node.no_input.prompt or "", {}),
            barge_in=node.barge_in and flow.lets_stop(node.no_input.prompt, node.prompt),
        ),
        least_bytes=bytes_of(LEAST_SECONDS),
        failure=None if node.failure is None else target_of(flow, node.failure),
        review=None if node.review is None else flow.prompts.get(node.review, {}),
        end=node.end,
        longest_seconds=node.longest_seconds,
        silence_seconds=node.silence_seconds,
        barge_in=node.barge_in and flow.lets_stop(node.prompt),
        review_barge_in=node.barge_in and flow.lets_stop(node.review),
        first_digit_seconds=node.first_digit_seconds,
    )


def _record_call(tenant: Tenant, node: RecordCall) -> RecordCallView:
    return RecordCallView(
        id=node.id,
        name=display_name(tenant.company, node.id),
        starts=node.starts,
        then=target_of(tenant.flow, node.then),
        announcement=tenant.flow.prompts.get(node.announcement or "", {}),
    )


_VIEWS: Mapping[type[Node], Callable[[Tenant, Any], StepView]] = MappingProxyType(
    {
        Collect: _collect,
        Assign: _assign,
        Condition: _condition,
        Say: _say,
        Speak: _speak,
        Answer: _answer,
        Lookup: _lookup,
        Notify: _lookup,
        Route: _route,
        External: _external,
        Record: _record,
        Callback: _callback,
        RecordCall: _record_call,
    }
)
