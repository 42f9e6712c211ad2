"""What plans and comparisons of versions say of steps, part by part."""

from __future__ import annotations

from datetime import date

from cordboard.documents import flow_of, read_company
from cordboard.provisioning.inventory import inventory
from kit import acme
from kit.switch import REPOSITORY

TODAY = date(2026, 11, 22)


def test_parts_of_steps_are_told_in_words() -> None:
    text = (REPOSITORY / "tests/cordboard/flows/steps.yaml").read_text(encoding="utf-8")
    company = read_company(text, today=TODAY).accepted()
    steps = inventory([acme.tenant(company, flow_of(company, TODAY))], None)["step"]
    routed = steps["acme-to-agents"]
    assert (routed["kind"], routed["queue"], routed["priority"]) == ("route", "sales", "1")
    assert routed["cases"] == ("customer 7000000 or 7000001: priority 7, language fr and customer 7...: sales 3")
    outside = steps["acme-abroad-office"]
    assert (outside["number"], outside["ring"], outside["failure"]) == ("+41441234567", "20", "message closed")
    assert steps["acme-answered"]["kind"] == "answer"
