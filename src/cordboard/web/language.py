"""The language in which a page is answered."""

from __future__ import annotations

from aiohttp import web


def language_of(request: web.Request) -> str:
    """French where `?language=fr` asks for it, else English."""
    return "fr" if request.query.get("language") == "fr" else "en"
