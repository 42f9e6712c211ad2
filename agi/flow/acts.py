"""What each kind of node does on a call: one function a kind, which gives the way that the call takes from there.

A way is named as the document names it: `then`, `keys.2`, `no_input.then`. What asks for keys is in `agi.flow.asking`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from agi.arguments import place
from agi.errors import FlowBroken
from agi.flow.asking import ask_language, ask_menu, collect
from agi.flow.callback import Callback
from agi.flow.calling_back import offer_callback
from agi.flow.deciding import Assign, Condition
from agi.flow.leaving import External
from agi.flow.lookup import Lookup
from agi.flow.nodes import FAILURE, Hours, Menu, Node, Play
from agi.flow.notice import SENT, TEXT, Notify
from agi.flow.passage import Passage
from agi.flow.recording import Record, RecordCall
from agi.flow.routing import Route
from agi.flow.saying import NOW, Say, What
from agi.flow.serving import Answer
from agi.flow.speaking import Speak, filled, said_in
from agi.flow.steps import Collect, Language
from agi.flow.taping import record_call, take_message, unrecorded
from agi.ports import Notice, Question

Act = Callable[[Passage, Any], Awaitable[str]]
"""Takes the node of its kind, and gives one of that node's ways."""


async def play(passage: Passage, node: Play) -> str:
    await passage.say(node.prompt, is_interruptible=node.barge_in and passage.flow.lets_stop(node.prompt))
    return "then"


async def look_at_hours(passage: Passage, node: Hours) -> str:
    schedule = passage.flow.schedules.get(node.schedule)
    if schedule is None:
        raise FlowBroken("a flow asks for a schedule that it does not have")
    return "open" if schedule.is_open(passage.clock.now()) else "closed"


async def take_digits(passage: Passage, node: Collect) -> str:
    if not node.secret:
        return await collect(passage, node)
    async with unrecorded(passage):
        return await collect(passage, node)


async def assign(passage: Passage, node: Assign) -> str:
    for name, value in node.values.items():
        passage.give(name, value)
    return "then"


async def decide(passage: Passage, node: Condition) -> str:
    return node.way_of(passage.value(node.variable))


async def say(passage: Passage, node: Say) -> str:
    value = "" if node.variable == NOW else passage.sayable(node.variable)
    if node.what is What.DIGITS:
        await passage.say_digits(node.digits(value), is_interruptible=False)
    elif node.what in (What.DATE, What.TIME):
        moment = node.moment(value, passage.clock.now(), passage.call.language)
        if moment is not None:
            await passage.say_moment(moment.epoch, moment.form, moment.time_zone)
    else:
        for number, prompt in node.numbers(value):
            await passage.say_number(number)
            await passage.say(prompt, is_interruptible=False)
    return "then"


async def speak(passage: Passage, node: Speak) -> str:
    language, text = _worded(passage, node.text)
    if not await passage.say_text(text, language, node.deadline_seconds) and node.failure is not None:
        raise FlowBroken("a text cannot be said")
    return "then"


def _worded(passage: Passage, texts: Mapping[str, str]) -> tuple[str, str]:
    """One of the texts with what variables hold, for this caller, after its language. "" if it cannot be said."""
    language = said_in(texts, passage.call.language, passage.flow.language)
    return language, filled(texts.get(language, ""), passage.sayable)


async def answer(passage: Passage, node: Answer) -> str:
    await passage.say(node.prompt, is_interruptible=False)
    await passage.serves(node.id)
    return "then"


async def look_up(passage: Passage, node: Lookup) -> str:
    values, secrets = passage.sent(node.send)
    question = Question(
        node=node.id,
        source=node.source,
        values=values,
        secrets=secrets,
        into=node.into,
        seconds=node.deadline_seconds,
    )
    async with passage.systems.asked(question) as asked:
        await passage.say(node.prompt, is_interruptible=False)
        await passage.call.guard(node.deadline_seconds)
        response = await passage.waits(asked)
    for name in node.into:
        passage.give(name, response.values.get(name, ""), is_secret=node.secret)
    return response.way


async def route(passage: Passage, node: Route) -> str:
    way, passage.wish = node.choose(passage.value)
    return way


async def notify(passage: Passage, node: Notify) -> str:
    values, secrets = passage.sent(node.send)
    if node.text:
        _, values[TEXT] = _worded(passage, node.text)
        if not values[TEXT]:
            return FAILURE
    notice = Notice(
        node=node.id,
        source=node.source,
        values=values,
        secrets=secrets,
        key=f"{passage.call.uniqueid}-{node.id}",
        seconds=node.deadline_seconds,
        retries=node.retry,
        company=place(passage.call)[0],
    )
    await passage.call.guard(node.deadline_seconds)
    return SENT if await passage.waits(passage.systems.told(notice)) else FAILURE


async def go_outside(passage: Passage, node: External) -> str:
    # The dialplan calls: a conversation is not to hang on a script.
    return "then"


ACTS: Mapping[type[Node], Act] = MappingProxyType(
    {
        Menu: ask_menu,
        Language: ask_language,
        Collect: take_digits,
        Hours: look_at_hours,
        Play: play,
        Assign: assign,
        Condition: decide,
        Say: say,
        Speak: speak,
        Answer: answer,
        Lookup: look_up,
        Notify: notify,
        Route: route,
        External: go_outside,
        Callback: offer_callback,
        Record: take_message,
        RecordCall: record_call,
    }
)
