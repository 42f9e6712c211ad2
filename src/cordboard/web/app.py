"""The web application: its routes with what each needs, and what they find in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from cordboard.desk.access import Access
from cordboard.desk.board import Boards
from cordboard.desk.once import Once
from cordboard.desk.operations import Operations
from cordboard.web import agents, calls, deploy, guard, menu_texts, menus, pages, sign_in, tried_calls
from cordboard.web.allowance import Allowance, Allowances
from cordboard.web.body import LONGEST_BODY
from cordboard.web.console import Console, read_console
from cordboard.web.feed import Feeds
from cordboard.web.history import HISTORY, History, list_past, show_past
from cordboard.web.keys import (
    ACCESS,
    ACTIONS,
    AGENTS,
    BOARDS,
    CALLS,
    CONSOLE,
    FEEDS,
    LOOKS,
    NEEDS,
    ONCE,
    OPERATIONS,
    ORIGINS,
    PATIENCE,
    SOCKETS,
    AgentDesks,
    CallDesk,
    Needs,
    Origins,
)
from cordboard.web.links import LINKS, Followed, differences, links
from cordboard.web.live import Patience, Sockets


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that may be asked. The table is the whole of it: what is not in it is refused."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    needs: Needs = Needs.SIGNED_IN


ROUTES = (
    Route("GET", "/", pages.board_page),
    Route("GET", "/sign-in", pages.sign_in_page, Needs.NOTHING),
    Route("POST", "/sign-in", sign_in.sign_in, Needs.NOTHING),
    Route("POST", "/password", sign_in.set_password, Needs.SESSION),
    Route("POST", "/sign-out", sign_in.sign_out, Needs.SESSION),
    Route("GET", "/LICENSES.txt", pages.licences),
    Route("GET", "/healthz", pages.health, Needs.NOTHING),
    Route("GET", "/api/session", sign_in.show_session, Needs.SESSION),
    Route("GET", "/api/board", pages.board_json),
    Route("GET", "/api/live", pages.live),
    Route("GET", "/api/differences", differences),
    Route("GET", "/api/links", links),
    Route("POST", "/api/agents/{person}/login", agents.log_in),
    Route("POST", "/api/agents/{person}/logout", agents.log_out),
    Route("POST", "/api/agents/{person}/pause", agents.pause),
    Route("POST", "/api/agents/{person}/withdraw", agents.withdraw),
    Route("POST", "/api/agents/{person}/ready", agents.ready),
    Route("POST", "/api/agents/{person}/extend", agents.extend),
    Route("GET", "/api/calls", calls.list_calls),
    Route("POST", "/api/calls", calls.originate),
    Route("GET", "/api/calls/{node}/{uniqueid}", calls.show_call),
    Route("POST", "/api/calls/{node}/{uniqueid}/hangup", calls.hang_up),
    Route("POST", "/api/calls/{node}/{uniqueid}/transfer", calls.transfer),
    Route("POST", "/api/calls/{node}/{uniqueid}/cancel", calls.cancel),
    Route("POST", "/api/calls/{node}/{uniqueid}/complete", calls.complete),
    Route("POST", "/api/calls/{node}/{uniqueid}/park", calls.park),
    Route("POST", "/api/calls/{node}/{uniqueid}/fetch", calls.fetch),
    Route("POST", "/api/calls/{node}/{uniqueid}/withdraw", calls.withdraw),
    Route("POST", "/api/calls/{node}/{uniqueid}/prioritise", calls.prioritise),
    Route("POST", "/api/calls/{node}/{uniqueid}/move", calls.move),
    Route("GET", "/api/history", list_past),
    Route("GET", "/api/history/{node}/{uniqueid}", show_past),
    Route("GET", "/menus", pages.menus_page, Needs.OVERSEES),
    Route("GET", "/api/menus", menus.overview, Needs.OVERSEES),
    Route("GET", "/api/menus/figures", menus.figures, Needs.OVERSEES),
    Route("GET", "/api/menus/comparison", menus.comparison, Needs.OVERSEES),
    Route("GET", "/api/menus/text", menu_texts.text, Needs.OVERSEES),
    Route("POST", "/api/menus/check", menu_texts.check, Needs.OVERSEES),
    Route("POST", "/api/menus/draft", menu_texts.keep, Needs.OVERSEES),
    Route("POST", "/api/menus/publish", menus.publish, Needs.OVERSEES),
    Route("POST", "/api/menus/promote", menus.promote, Needs.OVERSEES),
    Route("POST", "/api/menus/unpublish", menus.unpublish, Needs.OVERSEES),
    Route("GET", "/api/menus/choices", tried_calls.choices, Needs.OVERSEES),
    Route("POST", "/api/menus/call", tried_calls.call, Needs.OVERSEES),
    Route("POST", "/api/menus/ways", tried_calls.ways, Needs.OVERSEES),
    Route("GET", "/deploy", pages.deploy_page, Needs.DEPLOYS),
    Route("GET", "/api/deploy", deploy.overview, Needs.DEPLOYS),
    Route("GET", "/api/deploy/now", deploy.now, Needs.DEPLOYS),
    Route("GET", "/api/deploy/plan", deploy.plan, Needs.DEPLOYS),
    Route("GET", "/api/deploy/files", deploy.files, Needs.DEPLOYS),
    Route("GET", "/api/deploy/diff/{before}/{after}", deploy.diff, Needs.DEPLOYS),
    Route("GET", "/api/deploy/rollback/{generation}", deploy.rollback_plan, Needs.DEPLOYS),
    Route("POST", "/api/deploy/apply", deploy.apply, Needs.DEPLOYS),
    Route("POST", "/api/deploy/rollback", deploy.rollback, Needs.DEPLOYS),
    Route("POST", "/api/deploy/confirm", deploy.confirm, Needs.DEPLOYS),
)


def make_app(
    access: Access,
    boards: Boards,
    desks: AgentDesks,
    *,
    call_desk: CallDesk | None = None,
    once: Once | None = None,
    history: History | None = None,
    followed: Sequence[Followed] = (),
    operations: Operations | None = None,
    menu_desk: menus.Menus | None = None,
    trials: tried_calls.Trials | None = None,
    texts: menu_texts.MenuTexts | None = None,
    console: Console | None = None,
    origins: Origins | None = None,
    patience: Patience | None = None,
    feeds: Feeds | None = None,
) -> web.Application:
    """The application, ready for a runner. Its live pages end when it shuts down; what it was given stays open.
    `call_desk` steers calls, those whose request has a key through `once`; `followed` are the links to all switches;
    `operations` deploys; `menu_desk` tells of menus, and publishes them, `texts` lets somebody write them, `trials`
    tries calls through them.

    Raises: ConsoleMissingError when the console was not built and none is given."""
    layers = (guard.problems, guard.encoding, guard.origin, guard.session)
    app = web.Application(middlewares=layers, client_max_size=LONGEST_BODY)
    app[ACCESS] = access
    app[BOARDS] = boards
    app[AGENTS] = desks
    app[CALLS] = call_desk
    app[ONCE] = once
    app[HISTORY] = history
    app[LINKS] = followed
    app[OPERATIONS] = operations
    app[menus.MENUS] = menu_desk
    app[tried_calls.TRIALS] = trials
    app[menu_texts.TEXTS] = texts
    app[menu_texts.JUDGED] = set()
    app[CONSOLE] = console or read_console()
    app[ORIGINS] = origins or Origins()
    app[PATIENCE] = patience or Patience()
    app[FEEDS] = feeds or Feeds(boards)
    app[SOCKETS] = Sockets()
    app[ACTIONS] = Allowances(lambda: Allowance(rate=10.0, burst=60))
    app[tried_calls.TRIES] = tried_calls.allowances()
    app[tried_calls.UNDER_WAY] = Counter()
    app[LOOKS] = Allowances(lambda: Allowance(rate=50.0, burst=200))
    assets = tuple(
        Route("GET", f"/{name}", pages.asset, Needs.NOTHING if file.is_public else Needs.SIGNED_IN)
        for name, file in app[CONSOLE].assets.items()
    )
    app[NEEDS] = {
        app.router.add_route(route.method, route.path, route.handler): route.needs for route in (*ROUTES, *assets)
    }
    app.on_response_prepare.append(guard.strict_headers)
    app.on_shutdown.append(_end_live_pages)
    return app


async def _end_live_pages(app: web.Application) -> None:
    app[FEEDS].close()
