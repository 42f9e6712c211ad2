"""The picture: well-formed whatever it is called, everything on it, each node once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agi.flow.deciding import Case, Condition
from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.flow.kinds import KINDS
from agi.flow.routing import Route, RouteCase
from cordboard.calls.paper import Paper
from cordboard.documents import flow_of, read_company_file
from cordboard.documents.reading import check_company
from cordboard.documents.source import Source
from cordboard.flows.covered import taken_by
from cordboard.flows.exploring import coverage, explore
from cordboard.flows.picture import COLOURS, picture, tree
from cordboard.store.values import Company
from kit.guide import WHOLE
from kit.random_flows import Shape, random_flow
from kit.switch import REPOSITORY

TODAY = date(2026, 11, 22)
SINCE = datetime(2026, 11, 23, 9, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


DEMO = read_company_file(REPOSITORY / "demo/company.yaml", TODAY).accepted()


@pytest.fixture
def company() -> Company:
    return DEMO


def texts(drawn: str) -> list[str]:
    root = ElementTree.fromstring(drawn)
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def test_everything_is_on_it(company: Company) -> None:
    drawn = picture(company, flow_of(company, TODAY))
    found = texts(drawn)
    for did in company.dids.values():
        assert did.name in found
    for menu in company.menus.values():
        assert found.count(menu.name) == 1, "drawn once, else pointed to"
        assert f"→ {menu.name}" in found
    assert {"2 (en)", "1, silence ×2", "wrong ×3", "open", "closed"} <= set(found)
    assert "prefers-color-scheme:dark" in drawn
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|<script|href", drawn)


def test_boxes_do_not_lie_upon_each_other(company: Company) -> None:
    root = ElementTree.fromstring(picture(company, flow_of(company, TODAY)))
    boxes = [
        (float(each.get("x", 0)), float(each.get("y", 0)), float(each.get("width", 0)), float(each.get("height", 0)))
        for each in root.iter(f"{SVG}rect")
        if each.get("class") == "box"
    ]
    assert len(boxes) > 20
    for number, (x, y, width, height) in enumerate(boxes):
        assert x >= 0
        assert y >= 0
        assert x + width <= float(root.get("width", 0))
        assert y + height <= float(root.get("height", 0))
        for other_x, other_y, other_width, other_height in boxes[:number]:
            assert (
                x + width <= other_x
                or other_x + other_width <= x
                or y + height <= other_y
                or other_y + other_height <= y
            )


async def test_what_paths_took_is_counted_and_what_none_took_is_told(company: Company) -> None:
    flow = flow_of(company, TODAY)
    paths = [path async for path in explore(Paper(company, flow), SINCE)]
    covered = coverage(flow, paths)
    assert covered.is_whole
    assert covered.edges
    drawn = picture(company, flow, taken_by([path.passage for path in paths], is_whole=covered.is_whole))
    by_office = sum(("did.office", "open") in path.passage.edges for path in paths)
    assert texts(drawn).count("never") == len(covered.edges)
    assert f"{by_office} paths" in texts(drawn)
    assert any(each.startswith(f"{len(paths)} paths · ") for each in texts(drawn))
    ways = [each.get("class", "") for each in ElementTree.fromstring(drawn).iter(f"{SVG}path")]
    assert ways.count("way never") == len(covered.edges)
    assert "stroke-dasharray:1 4" in drawn, "not by colour alone"


def test_a_node_that_no_path_came_to_is_told(company: Company) -> None:
    flow = flow_of(company, TODAY)
    nobody = taken_by([], is_whole=True)
    boxes = list(ElementTree.fromstring(picture(company, flow, nobody)).iter(f"{SVG}g"))
    assert boxes
    assert all("never" in each.get("class", "").split() for each in boxes)
    assert nobody.words_of_way("main", "failure") == "not tried", "no caller can bring it about"


def test_a_case_is_told_by_what_it_asks_for() -> None:
    def to(name: str) -> Edge:
        return Edge(Target(TargetKind.QUEUE, name))

    decides = Condition("decides", variable="caller", otherwise=to("c"), cases=(
        Case(to("a"), values=("unknown",), prefixes=("+33",)), Case(to("b"), values=("gold",)),
    ))  # fmt: skip
    sends = Route(id="sends", queue="c", cases=(
        RouteCase({"tier": ("gold",)}, {"caller": ("+49",)}, queue="d"),
    ))  # fmt: skip
    drawn = texts(picture(DEMO, Flow({"decides": decides, "sends": sends})))
    assert {"unknown, +33…", "gold"} <= set(drawn)
    assert any(text.startswith("tier gold and ") and text.endswith("…") for text in drawn)


@given(st.text(min_size=1, max_size=20))
def test_any_name_is_text_and_nothing_else(name: str) -> None:
    company = DEMO
    named = replace(
        company,
        name=name,
        menus={key: replace(menu, name=name) for key, menu in company.menus.items()},
        queues={key: replace(queue, name=name) for key, queue in company.queues.items()},
        dids={key: replace(did, name=name) for key, did in company.dids.items()},
    )
    plain = ElementTree.fromstring(picture(company, flow_of(company, TODAY)))
    root = ElementTree.fromstring(picture(named, flow_of(company, TODAY)))
    assert [each.tag for each in root.iter()] == [each.tag for each in plain.iter()]
    if name.isprintable():
        assert (root.findtext(f"{SVG}title") or "") == f"{name}: menus"


def test_a_chain_of_menus_longer_than_pythons_stack() -> None:
    end = Retry(1, Edge(Target(TargetKind.HANGUP)))
    chain = {
        f"m{depth}": Menu(
            f"m{depth}",
            prompt=None,
            keys={"1": Edge(Target(TargetKind.MENU, f"m{depth + 1}"))},
            no_input=end,
            wrong_input=end,
        )
        for depth in range(2000)
    }
    company = Company(id="acme", name="A", language="fr", country="FR", time_zone="Europe/Paris")
    drawn = texts(picture(company, Flow(chain)))
    assert "m1999" in drawn


@given(st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_any_flow_is_drawn(random: Random) -> None:
    flow, start = random_flow(random, Shape(listens=0.5))
    company = Company(id="acme", name="A", language="fr", country="FR", time_zone="Europe/Paris")
    ElementTree.fromstring(picture(company, flow))
    assert start in flow.nodes


def test_every_kind_of_node_has_its_colour() -> None:
    assert set(KINDS) <= set(COLOURS)


def test_all_that_nobody_named_is_french_for_the_french() -> None:
    guide = check_company(Source(data=WHOLE), TODAY).accepted()
    english, french = (tree(guide, flow_of(guide, TODAY), language)["boxes"] for language in ("en", "fr"))
    alike = {"menu", "message", "condition", "hangup", "did"}
    for box, same in zip(french, english, strict=True):
        assert [box[name] for name in ("of", "kind", "x", "y")] == [same[name] for name in ("of", "kind", "x", "y")]
        if box["kind"] in COLOURS and box["kind"] not in alike:
            assert box["note"] != same["note"], box
    assert {(box["title"], box["note"]) for box in french if box["kind"] in ("move", "hangup")} == {
        ("réécouter", "le même menu"),
        ("retour", "menu précédent"),
        ("premier menu", "retour au début"),
        ("Raccrocher", "la fin"),
    }
    notes = {box["of"]: box["note"] for box in french}
    assert notes["person:lobby"] == "poste lobby"
    assert notes["did.main"] == "+33199000001 · horaires office"
