"""Who may dial what outside, as the company file says it: what is read, and what is refused with line and cure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cordboard.documents import read_company_file
from cordboard.store.values import Company, Dialling, Outgoing

HEAD = """\
cordboard: 1
company: {id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}
sites: {paris: {name: Paris, outgoing: national}, lyon: {name: Lyon}}
people:
  amel: {name: Amel, site: paris, extension: "201", outgoing: world}
  bruno: {name: Bruno, site: paris, extension: "202"}
  chloe: {name: Chloé, site: paris, extension: "203", outgoing: none}
  dan: {name: Dan, site: lyon, extension: "204"}
messages: {closed: {fr: [vm-goodbye]}}
dids:
  "+33199000001": {id: main, name: Main, target: {message: closed}}
  "+33199000005": {id: own, name: Amel, target: {person: amel}}
trunks:
  carrier: {name: Operator, from: [192.0.2.1], to: "sip:192.0.2.1", shows: "+33199000001"}
  house: {name: House, from: [192.0.2.2], to: "sip:192.0.2.2", peer: true}
  inward: {name: In, from: [192.0.2.3]}
outgoing:
  national: {name: France, national: [mobile, fixed], never: ["+33700"]}
  world: {name: World, world: true, prefixes: ["+33899"], most_calls: 3, longest: 600}
dialling: {prefix: "0", trunks: [carrier], number: "+33199000001"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "company.yaml"


def company(file: Path, text: str = HEAD) -> Company:
    file.write_text(text, encoding="utf-8")
    return read_company_file(file).accepted()


def test_what_is_written_is_meant(file: Path) -> None:
    found = company(file)
    assert found.outgoing == {
        "national": Outgoing(id="national", name="France", national=("fixed", "mobile"), never=("+33700",)),
        "world": Outgoing(id="world", name="World", world=True, prefixes=("+33899",), most_calls=3, longest=600),
    }
    assert found.dialling == Dialling(prefix="0", trunks=("carrier",), number="+33199000001")
    permissions = {one.id: found.permission_of(one) for one in found.endpoints()}
    assert {key: permission and permission.id for key, permission in permissions.items()} == {
        "amel": "world",
        "bruno": "national",
        "chloe": None,
        "dan": None,
    }
    assert found.number_shown(found.people["amel"]) == "+33199000005"
    assert found.number_shown(found.people["dan"]) == "+33199000001"


def test_operators_come_before_other_switches_of_the_house(file: Path) -> None:
    found = replace(company(file), dialling=None)
    assert [trunk.id for trunk in found.ways_out()] == ["carrier"]
    alone = replace(found, trunks={"house": found.trunks["house"], "inward": found.trunks["inward"]})
    assert [trunk.id for trunk in alone.ways_out()] == ["house"]


def test_nothing_written_is_nothing_permitted(file: Path) -> None:
    text = HEAD[: HEAD.index("outgoing:\n")].replace(", outgoing: national", "").replace(", outgoing: world", "")
    found = company(file, text.replace(", outgoing: none", ""))
    assert found.dials_out is None
    assert company(file, text.replace(", outgoing: none", "") + "dialling: {}\n").dials_out == Dialling()


@pytest.mark.parametrize(
    ("written", "instead", "line", "path", "what", "cure"),
    [
        ("outgoing: world", "outgoing: wrld", 5, "people.amel.outgoing", 'no outgoing permission "wrld"', "world"),
        ("outgoing: national}, lyon", "outgoing: x}, lyon", 3, "sites.paris.outgoing", 'permission "x"', ""),
        ("  national: {name", "  none: {name: N, world: true}\n  national: {name", 18, "outgoing.none",
         "means that somebody may not", "another id"),
        ("world: true, prefixes", "prefixes", 19, "", "", ""),
        ("national: [mobile, fixed], ", "", 18, "outgoing.national", "names no number", "countries"),
        ("[mobile, fixed]", "[mobil]", 18, "outgoing.national.national[0]", "is not known here", "mobile"),
        ('["+33700"]', '["0700"]', 18, "outgoing.national.never[0]", "is not the beginning", "+33899"),
        ("longest: 600", "longest: 5", 19, "outgoing.world.longest", "below 10", "10 or more"),
        ('prefix: "0"', 'prefix: "*9"', 20, "dialling.prefix", "cannot be dialled first", "digits"),
        ("trunks: [carrier]", "trunks: [nowhere]", 20, "dialling.trunks[0]", 'no trunk "nowhere"', "carrier"),
        ("trunks: [carrier]", "trunks: [inward]", 20, "dialling.trunks[0]", "does not lead out", '"to"'),
        ('number: "+33199000001"', 'number: "+33199000009"', 20, "dialling.number", "no number of this", "+3319"),
        ('shows: "+33199000001"', 'shows: "+33612345678"', 14, "trunks.carrier.shows", "no number of this", "+3319"),
        ('extension: "204"', 'extension: "0112"', 8, "people.dan.extension", "hides the emergency number 112", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(
    file: Path, written: str, instead: str, line: int, path: str, what: str, cure: str
) -> None:
    assert HEAD.count(written) == 1
    file.write_text(HEAD.replace(written, instead), encoding="utf-8")
    found = [problem for problem in read_company_file(file).problems if not problem.is_warning]
    if not path:
        assert found == []
        return
    assert [(problem.line, problem.path) for problem in found] == [(line, path)]
    assert what in found[0].what
    assert cure in found[0].cure


def test_nothing_leads_out(file: Path) -> None:
    text = (
        HEAD.replace(', to: "sip:192.0.2.1"', "")
        .replace(', to: "sip:192.0.2.2"', "")
        .replace("trunks: [carrier], ", "")
    )
    file.write_text(text, encoding="utf-8")
    (problem,) = read_company_file(file).problems
    assert (problem.path, problem.what, problem.line) == ("dialling", "no trunk leads out", 20)


def test_there_is_a_number_to_show(file: Path) -> None:
    start, end = HEAD.index("dids:"), HEAD.index("trunks:\n")
    text = (HEAD[:start] + HEAD[end:]).replace(', shows: "+33199000001"', "").replace(', number: "+33199000001"', "")
    file.write_text(text, encoding="utf-8")
    (problem,) = [each for each in read_company_file(file).problems if not each.is_warning]
    assert problem.what == "the company has no number that its calls could show"


@pytest.mark.parametrize(
    ("written", "instead", "path", "what"),
    [
        ('["+33899"]', '["+338"]', "outgoing.world.prefixes[0]", "lets premium numbers through among others"),
        ('never: ["+33700"]', 'prefixes: ["+337"], never: ["+33"]', "outgoing.national.prefixes[0]", "under never"),
        ('extension: "204"', 'extension: "03631"', "people.dan.extension", "is dialled for an outside number too"),
    ],
)  # fmt: skip
def test_what_is_odd_is_told(file: Path, written: str, instead: str, path: str, what: str) -> None:
    assert HEAD.count(written) == 1
    file.write_text(HEAD.replace(written, instead), encoding="utf-8")
    (problem,) = read_company_file(file).problems
    assert problem.is_warning
    assert (problem.path, what in problem.what) == (path, True)
