"""The JSON Schema for editors accepts what is accepted, and knows every key that is known."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cordboard.documents import export_company
from cordboard.documents.inputs import CompanyFile
from cordboard.documents.schema import schema
from cordboard.documents.source import read_source
from cordboard.store.values import Company
from kit.companies import companies

ROOT = Path(__file__).parents[3]
DEMO = (ROOT / "demo" / "company.yaml").read_text(encoding="utf-8")
SCHEMA = schema()

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def faults(value: Any, shape: dict[str, Any], where: str = "") -> list[str]:
    """What a validator would say: the words of JSON Schema that ours uses, and an error for any other."""
    if shape.get("format") == "date":
        return [] if isinstance(value, date) else [f"{where} is no date"]
    kind = shape.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{where} is no {kind}"]
    found: list[str] = []
    for word, rule in shape.items():
        match word:
            case "type" | "$schema" | "$defs" | "title" | "description":
                pass
            case "$ref":
                found += faults(value, SCHEMA["$defs"][rule.removeprefix("#/$defs/")], where)
            case "const":
                found += [f"{where} is not {rule}"] if value != rule else []
            case "enum":
                found += [f"{where} is none of {rule}"] if value not in rule else []
            case "pattern":
                found += [f"{where} is not like {rule}"] if not re.search(rule, str(value)) else []
            case "minimum" | "maximum":
                found += (
                    [f"{where} is beyond {rule}"] if (value < rule) == (word == "minimum") and value != rule else []
                )
            case "minLength" | "minItems" | "minProperties":
                found += [f"{where} is shorter than {rule}"] if len(value) < rule else []
            case "maxLength" | "maxItems" | "maxProperties":
                found += [f"{where} is longer than {rule}"] if len(value) > rule else []
            case "required":
                found += [f"{where} lacks {name}" for name in rule if name not in value]
            case "items":
                for position, item in enumerate(value):
                    found += faults(item, rule, f"{where}[{position}]")
            case "properties":
                for name in rule.keys() & value.keys():
                    found += faults(value[name], rule[name], f"{where}.{name}")
            case "patternProperties":
                for pattern, inner in rule.items():
                    for name in value:
                        if re.search(pattern, name):
                            found += faults(value[name], inner, f"{where}.{name}")
            case "additionalProperties":
                patterns = shape.get("patternProperties", {})
                for name in value:
                    if name in shape.get("properties", {}) or any(re.search(pattern, name) for pattern in patterns):
                        continue
                    found += (
                        [f"{where} knows no {name}"] if rule is False else faults(value[name], rule, f"{where}.{name}")
                    )
            case "anyOf":
                found += [f"{where} fits nothing"] if all(faults(value, choice, where) for choice in rule) else []
            case "oneOf":
                matching = [choice for choice in rule if not faults(value, choice, where)]
                found += [f"{where} is {len(matching)} of the choices"] if len(matching) != 1 else []
            case _:
                raise AssertionError(f"a word of JSON Schema that this test does not know: {word}")
    return found


def test_the_demo_company_is_right_by_the_schema() -> None:
    assert faults(read_source(DEMO).data, SCHEMA) == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies())
def test_every_exported_company_is_right_by_the_schema(company: Company) -> None:
    assert faults(read_source(export_company(company)).data, SCHEMA) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cordboard: 1", "cordboard: 2"),
        ("country: FR", "country: fr"),
        ("  lyon: {name: Lyon}", "  Lyon: {name: Lyon}"),
        ("name: Amel Haddad", "namex: Amel"),
        ('extension: "201"', "extension: 201"),
        ("{french: 5, billing: 5, english: 2}", "{french: 6}"),
        ("ring: 12", "ring: 3"),
        ("when_late: {voicemail: billing}", "when_late: {voicemail: billing, message: busy}"),
        ("when_late: {voicemail: billing}", "when_late: {}"),
        ('"9": repeat', '"9": again'),
        ('"9": repeat', '"A": repeat'),
        ("fr: [vm-goodbye]", "fr: []"),
        ("closed: [2026-12-24, 2026-12-31]", "closed: soon"),
        ("{tries: 2, then: {queue: billing-fr}}", "{tries: 2}"),
        ('to: "sip:127.0.0.1:5090"', "to: 127.0.0.1"),
    ],
)
def test_what_the_import_refuses_by_its_shape_editors_mark_too(old: str, new: str) -> None:
    assert old in DEMO
    assert faults(read_source(DEMO.replace(old, new, 1)).data, SCHEMA) != []


def test_the_schema_is_json_and_has_every_section() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert set(SCHEMA["properties"]) == set(CompanyFile.model_fields)
    assert SCHEMA["required"] == ["cordboard"]


def test_the_guide_names_every_key() -> None:
    """Each key of each item stands in the guide's table of that item, or in that of the places calls go to."""
    guide = (ROOT / "docs" / "company-file.md").read_text(encoding="utf-8")
    for name, shape in SCHEMA["$defs"].items():
        for key in shape.get("properties", {}):
            assert f"`{key}`" in guide, f"{key} of {name}"
    for section in CompanyFile.model_fields:
        assert f"## `{section}`" in guide or section == "cordboard", section
