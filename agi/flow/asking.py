"""What nodes do on a call that ask for keys: menus, the choice of a language, digits.

Each counts silence and wrong input apart, from nothing each time that it is entered. A key that stops something counts
for what is played and asked after it: where one of that is heard out, what comes before it is heard out too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from agi.flow.nodes import FAILURE, FAILURES, Asking, Choice, Menu, begins_longer
from agi.flow.passage import Passage
from agi.flow.steps import YES, Collect, Language

Attempt = Callable[[], Awaitable[tuple[str, str]]]
"""The way that the node is left by, or how it failed; and the key that was chosen, if one was."""


async def ask_menu(passage: Passage, node: Menu) -> str:
    async def attempt() -> tuple[str, str]:
        is_interruptible = lets_stop(passage, node, node.prompt)
        if not passage.has_typed_over(is_interruptible=is_interruptible):
            said = await _listened(passage, node, is_interruptible=is_interruptible)
            if said is not None:
                return said
        await passage.say(node.prompt, is_interruptible=is_interruptible)
        return _chosen(passage, node, await _key(passage, node))

    try:
        return await until_answered(passage, node, attempt)
    finally:
        await passage.ear.close()


async def _listened(passage: Passage, node: Menu, *, is_interruptible: bool) -> tuple[str, str] | None:
    """An attempt in which the caller may speak, too; None: he may not, or nobody listens."""
    language = passage.call.language
    phrases = node.speech.keys_by_phrase(language) if node.speech is not None else {}
    if node.speech is None or not phrases or not await passage.ear.listens_for(phrases, language):
        return None
    heard = await passage.hear(node.prompt, node.first_digit_seconds, is_interruptible=is_interruptible)
    if heard is None:
        return None
    if heard.phrase is None:
        return _chosen(passage, node, await _key(passage, node)) if heard.key else failed("")
    key = phrases.get(heard.phrase, "")
    if not key or heard.confidence < node.speech.least:
        return "wrong_input", ""  # whatever it was
    passage.ear.sure = heard.confidence
    return _chosen(passage, node, key)


async def ask_language(passage: Passage, node: Language) -> str:
    is_interruptible = lets_stop(passage, node, node.prompt)

    async def attempt() -> tuple[str, str]:
        before = passage.call.language
        for language in node.heard_in:
            if not passage.has_typed_over(is_interruptible=is_interruptible):
                await passage.call.speak(language)
                await passage.say(node.prompt, is_interruptible=is_interruptible)
        typed = await _key(passage, node)
        if typed not in node.offered and passage.call.language != before:
            await passage.call.speak(before)
        return _chosen(passage, node, typed)

    return await until_answered(passage, node, attempt)


async def collect(passage: Passage, node: Collect) -> str:
    async def attempt() -> tuple[str, str]:
        await passage.say(node.prompt, is_interruptible=lets_stop(passage, node, node.prompt))
        typed = await passage.read(node, node.is_complete)
        digits = typed.removesuffix(node.end) if node.end else typed
        if not node.accepts(digits):
            return failed(digits)
        if node.confirm is not None:
            is_interruptible = lets_stop(passage, node, node.confirm)
            await passage.say_digits(digits, is_interruptible=is_interruptible)
            await passage.say(node.confirm, is_interruptible=is_interruptible)
            answer = await passage.read(node, bool)
            if answer != YES:
                return failed(answer)
        passage.give(node.into, digits, is_secret=node.secret)
        return "then", ""

    return await until_answered(passage, node, attempt)


async def until_answered(passage: Passage, node: Asking, attempt: Attempt) -> str:
    """Let the caller try until he answers, or has failed often enough; the way that he leaves by."""
    if (language := node.spoken(passage.call.language)) != passage.call.language:
        await passage.call.speak(language)
    await passage.asks(node.id)
    failures = dict.fromkeys(FAILURES, 0)
    while True:
        way, key = await attempt()
        if way not in FAILURES:
            edge = FAILURE if way == FAILURE else "key"
            break
        retry = node.no_input if way == "no_input" else node.wrong_input
        failures[way] += 1
        if failures[way] >= retry.tries:
            way, edge = f"{way}.then", way
            break
        passage.step()
        await passage.say(retry.prompt, is_interruptible=lets_stop(passage, node, retry.prompt, node.prompt))
    silent, wrong = (failures[how] for how in FAILURES)
    await passage.leaves(node.id, edge, key, to=dict(node.ways())[way].target, silent=silent, wrong=wrong)
    return way


def lets_stop(passage: Passage, node: Asking, *prompts: str | None) -> bool:
    """May a key stop the first of these prompts, which the others follow?"""
    return node.barge_in and passage.flow.lets_stop(*prompts)


async def _key(passage: Passage, node: Choice) -> str:
    return await passage.read(node, lambda typed: not begins_longer(typed, node.offered))


def _chosen(passage: Passage, node: Choice, typed: str) -> tuple[str, str]:
    if typed not in node.offered:
        return failed(typed)
    passage.answers.append(f"{node.id}={typed}")
    return node.offered[typed], typed


def failed(typed: str) -> tuple[str, str]:
    return "wrong_input" if typed else "no_input", ""
