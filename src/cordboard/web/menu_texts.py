"""What the editor of the page of menus asks: a text to begin with, what is wrong with one, and to keep it as the draft.

For administrators of the company, who may publish. Nothing but the sections of menus goes either way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from aiohttp import web
from pydantic import AwareDatetime, Field

from cordboard.desk.foreseeing import Basis
from cordboard.web.body import Body, read_body
from cordboard.web.keys import VISITOR
from cordboard.web.language import language_of
from cordboard.web.menus import publisher_of, told_problems
from cordboard.web.problems import not_found, too_many

LONGEST_TEXT = 256 * 1024
"""Characters: more than menus of hundreds of steps have."""
LONGEST_BODY = 3 * LONGEST_TEXT
"""Bytes of a text in JSON: some of its characters have two or three."""


class MenuTexts(Protocol):
    """Menus as texts (`cordboard.house.menu_texts.MenuTexts`)."""

    async def text(self, company: str) -> dict[str, Any]: ...

    async def check(self, company: str, text: str, language: str) -> dict[str, Any]: ...

    async def keep(self, company: str, actor: str, text: str, basis: Basis, language: str) -> dict[str, Any]: ...


TEXTS: web.AppKey[MenuTexts | None] = web.AppKey("menu_texts")
JUDGED: web.AppKey[set[str]] = web.AppKey("menu_texts_judged")
"""The sessions whose last text is not judged yet."""


class Text(Body):
    """The sections of menus."""

    text: str = Field(max_length=LONGEST_TEXT)


class Based(Body):
    """`draft`: when the draft was made that the text was written from, `version`: the newest that was published then;
    null: there was none."""

    draft: AwareDatetime | None
    version: int | None = Field(ge=1)


class Kept(Text):
    basis: Based


async def text(request: web.Request) -> web.Response:
    """GET: the sections of menus to go on with: of the draft, else as they are stored."""
    company, _ = publisher_of(request)
    return web.json_response(await _texts(request).text(company))


async def check(request: web.Request) -> web.Response:
    """POST: what is wrong with a text, what it would change, its tree. Nothing is kept; `?language=fr` for French."""
    company, _ = publisher_of(request)
    wanted = await read_body(request, Text, LONGEST_BODY)
    with _one_at_a_time(request):
        return web.json_response(await _texts(request).check(company, wanted.text, language_of(request)))


async def keep(request: web.Request) -> web.Response:
    """POST: make a text the draft, unless others drafted or published since it was begun; `?language=fr` for French."""
    company, actor = publisher_of(request)
    wanted = await read_body(request, Kept, LONGEST_BODY)
    with told_problems(), _one_at_a_time(request):
        basis = Basis(wanted.basis.draft, wanted.basis.version)
        kept = await _texts(request).keep(company, actor, wanted.text, basis, language_of(request))
        return web.json_response(kept)


@contextmanager
def _one_at_a_time(request: web.Request) -> Iterator[None]:
    """To judge is work. Raises: ProblemError 429."""
    judged, session = request.app[JUDGED], request[VISITOR].session
    if session in judged:
        raise too_many(1, "Your last text is not judged yet.")
    judged.add(session)
    try:
        yield
    finally:
        judged.discard(session)


def _texts(request: web.Request) -> MenuTexts:
    texts = request.app[TEXTS]
    if texts is None:
        raise not_found()
    return texts
