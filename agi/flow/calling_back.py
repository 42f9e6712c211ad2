"""How somebody says that he is to be called back, and where."""

from __future__ import annotations

from datetime import timedelta

from agi.arguments import place
from agi.flow.asking import failed, lets_stop, until_answered
from agi.flow.callback import END, OTHER, TAKEN, YES, Callback
from agi.flow.nodes import FAILURE
from agi.flow.passage import Passage
from agi.ports import CallbackRequest, Reachable


async def offer_callback(passage: Passage, node: Callback) -> str:
    company, _ = place(passage.call)
    callbacks = passage.callbacks
    number = await passage.waits(callbacks.reachable(company, node.outgoing, passage.call.caller))

    async def attempt() -> tuple[str, str]:
        nonlocal number
        while True:
            if number is None:
                typed = await _typed(passage, node)
                number = await passage.waits(callbacks.reachable(company, node.outgoing, typed))
                if number is None:
                    return failed(typed)
            else:
                await passage.say(node.prompt, is_interruptible=lets_stop(passage, node, node.prompt, node.confirm))
            answer = await _answer(passage, node, number)
            if answer == YES and not await passage.waits(callbacks.take(_request(passage, node, number))):
                return FAILURE, ""
            if answer in node.offered:
                passage.answers.append(f"{node.id}={answer}")
                return node.offered[answer], answer
            if answer != OTHER:
                return failed(answer)
            number = None
            passage.step()

    way = await until_answered(passage, node, attempt)
    if way == TAKEN:
        await passage.call.tell("CordboardOutcome", outcome="callback", detail=node.queue)
        await passage.say(node.thanks, is_interruptible=False)
    return way


async def _typed(passage: Passage, node: Callback) -> str:
    await passage.say(node.ask, is_interruptible=lets_stop(passage, node, node.ask))
    return (await passage.read(node, node.is_complete)).removesuffix(END)


async def _answer(passage: Passage, node: Callback, number: Reachable) -> str:
    is_interruptible = lets_stop(passage, node, node.confirm)
    await passage.say_digits(number.said, is_interruptible=is_interruptible)
    await passage.say(node.confirm, is_interruptible=is_interruptible)
    return await passage.read(node, bool)


def _request(passage: Passage, node: Callback, number: Reachable) -> CallbackRequest:
    now = passage.clock.now()
    company, did = place(passage.call)
    return CallbackRequest(
        node=node.id,
        company=company,
        did=did,
        call=passage.call.uniqueid,
        queue=node.queue,
        number=number.number,
        language=passage.call.language,
        wish=node.wish,
        outgoing=node.outgoing,
        schedule=node.schedule,
        tries=node.tries,
        pause_seconds=node.pause_seconds,
        most_waiting=node.most_waiting,
        asked=now,
        expires=now + timedelta(hours=node.within_hours),
    )
