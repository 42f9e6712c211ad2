"""Every problem of a company file at once: where it stands, what is wrong, what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cordboard.documents import DocumentRefused, Problem, read_company, read_company_file
from cordboard.documents.problems import MOST_PROBLEMS

TODAY = date(2026, 11, 21)
DEMO = (Path(__file__).parents[3] / "demo" / "company.yaml").read_text(encoding="utf-8")

SMALL = """\
cordboard: 1
company: {id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}
sites: {paris: {name: Paris}}
skills:
  french: {name: Français}
people:
  amel: {name: Amel, site: paris, extension: "201", skills: {french: 5}, voicemail: true}
  bob: {name: Bob}
phones: {lobby: {name: Lobby, extension: "250"}}
hours:
  office: {open: [{days: mon-fri, from: "09:00", to: "18:00"}]}
prompts: {welcome: {fr: [hello]}}
messages: {busy: {fr: [hello]}}
voicemails: {billing: {name: Billing}}
queues:
  sales:
    name: Sales
    number: "601"
    skills: {french: 3}
    relax: [{after: 10, skills: {french: 1}}]
    when_late: {voicemail: billing}
menus:
  accueil:
    name: Accueil
    prompt: welcome
    keys: {"1": {queue: sales}, "9": repeat}
    no_input: {tries: 2, then: {queue: sales}}
    wrong_input: {tries: 3, then: {message: busy}}
dids:
  "+33199000001": {id: main, name: Main, hours: office, open: {menu: accueil}, closed: {message: busy}}
trunks: {carrier: {name: Carrier, from: [192.0.2.10], to: "sip:192.0.2.10"}}
blocked: [{number: "+33899700123"}]
"""


def problems(content: str | bytes) -> list[Problem]:
    reading = read_company(content, "company.yaml", TODAY)
    assert (reading.company is None) == any(not problem.is_warning for problem in reading.problems)
    return list(reading.problems)


def test_the_small_company_is_right() -> None:
    assert problems(SMALL) == []


CASES = [
    # (what is replaced, by what, then line, path, words of the problem, words of the cure)
    ("cordboard: 1", "cordboard: 2", 1, "cordboard", "not a form", "cordboard: 1"),
    ("id: acme", "id: acme-paris", 2, "company.id", "not a valid company id", "small letters and digits"),
    ("id: acme", "id: cordboard", 2, "company.id", "used by the switch itself", "another id"),
    ("country: FR", "country: France", 2, "company.country", "not a country", "FR"),
    ("Europe/Paris", "Europe/Pari", 2, "company.time_zone", "not a time zone", 'Did you mean "Europe/Paris"?'),
    ("language: fr,", "", 2, "company.language", "missing", "Add language"),
    ("sites:", "sitse:", 3, "sitse", '"sitse" is not known here', 'Did you mean "sites"?'),
    ("  french: {name", "  French: {name", 5, "skills.French", "not a valid id", "small letter"),
    ("site: paris", "site: pari", 7, "people.amel.site", 'no site "pari"', 'Did you mean "paris"?'),
    ("skills: {french: 5}", "skills: {frnch: 5}", 7, "people.amel.skills.frnch", 'no skill "frnch"', '"french"'),
    ("skills: {french: 5}", "skills: {french: 6}", 7, "people.amel.skills.french", "6 is above 5", "5 or less"),
    ('extension: "201"', "extension: 201", 7, "people.amel.extension", "201 is read as a number", 'in quotes: "201"'),
    ('extension: "201"', 'extension: "20 1"', 7, "people.amel.extension", "cannot be dialled", "digits, * and #"),
    ('extension: "201"', 'extension: "*98"', 7, "people.amel.extension", "voicemail", "another number"),
    ('extension: "201"', 'extension: "112"', 7, "people.amel.extension", "emergency number in FR", "another"),
    ('extension: "201"', 'extensio: "201"', 7, "people.amel.extensio", "not known here", '"extension"'),
    ("voicemail: true", "voicemail: yes", 7, "people.amel.voicemail", "neither true nor false", "without quotes"),
    ("name: Bob", "name: ''", 8, "people.bob.name", "is empty", "Write a name"),
    ("name: Bob", f"name: {'b' * 80}", 8, "people.bob.name", "80 bytes", "Shorten it to 79"),
    ("name: Bob", f"name: {'é' * 40}", 8, "people.bob.name", "80 bytes", "Shorten it to 79"),
    ("name: Bob", r'name: "Bo\u202eb"', 8, "people.bob.name", "cannot be seen (U+202E)", "anew"),
    ("name: Bob", r'name: "Bo\nb"', 8, "people.bob.name", "cannot be seen (U+000A)", "in one line"),
    ("name: Bob", r'name: "\ud800"', 8, "people.bob.name", "cannot be seen (U+D800)", "anew"),
    ("name: Bob", "name: [Bob]", 8, "people.bob.name", "is not text", "Write one text"),
    ("bob: {name: Bob}", "bob: Bob", 8, "people.bob", "is not a mapping", "between { and }"),
    ("bob: {name: Bob}", "bob: {}", 8, "people.bob.name", "is missing", "Add name"),
    ("bob: {name: Bob}", "amel: {name: Bob}", 8, "people.amel", "written on line 7 already", "Keep one"),
    ("lobby: {name", "amel: {name", 9, "phones.amel", '"amel" is taken by people.amel', "one space of names"),
    ('extension: "250"', 'extension: "201"', 9, "phones.lobby.extension", "taken by people.amel.extension", "another"),
    ("days: mon-fri", "days: fri-mon", 11, "hours.office.open[0].days", "ends before it begins", "mon to sun"),
    ("days: mon-fri", "days: mon-tue-wed", 11, "hours.office.open[0].days", "are not days", "mon-fri"),
    ('from: "09:00"', 'from: "9:00"', 11, "hours.office.open[0].from", "not a time of day", '"09:00"'),
    ('from: "09:00"', 'from: "19:00"', 11, "hours.office.open[0]", "ends before it begins", "24:00"),
    (', to: "18:00"', "", 11, "hours.office.open[0]", 'lacks "to"', "Add what is missing"),
    ("}]}\nprompts", '}], holidays: XX}\nprompts', 11, "hours.office.holidays", "not known", "a country"),
    ("}]}\nprompts", '}], holidays: FR-58}\nprompts', 11, "hours.office.holidays", "not a part of FR", "Known: 57"),
    ("}]}\nprompts", "}], closed: [2026-02-30]}\nprompts", 11, "hours.office.closed[0]", "not a date", "2026-12-24"),
    ("{fr: [hello]}}\nmess", "{fr: [he llo]}}\nmess", 12, "prompts.welcome.fr[0]", "not the name of a sound", "path"),
    ("{fr: [hello]}}\nmess", "{fr: [../hello]}}\nmess", 12, "prompts.welcome.fr[0]", "not the name", "path"),
    ("{fr: [hello]}}\nmess", "{en: [hello]}}\nmess", 12, "prompts.welcome", "no sounds in the company's", "Add fr"),
    ("busy: {fr: [hello]}", "busy: {fr: []}", 13, "messages.busy.fr", "is empty", "at least 1"),
    ("busy: {fr: [hello]}", "busy: {french: [hello]}", 13, "messages.busy.french", "not a language", "pt_BR"),
    ("voicemails:", "pauses: {lunch: {en: Lunch}}\nvoicemails:", 14, "pauses.lunch",
     "no name in the company's language", "Add fr"),
    ("voicemails:", "pauses: {missed: {fr: Manqué}}\nvoicemails:", 14, "pauses.missed",
     "nobody chooses", "another id"),
    ("voicemails:", "pauses: {lunch: {fr: Repas, kind: away}}\nvoicemails:", 14, "pauses.lunch.kind",
     '"away" is not known here', "'pause' or 'withdrawn'"),
    ("billing: {name: B", "amel: {name: B", 14, "voicemails.amel", "taken by people.amel", "voicemails"),
    ('number: "601"', 'number: "250"', 18, "queues.sales.number", "taken by phones.lobby.extension", "another"),
    ("skills: {french: 3}", "skills: {}", 19, "queues.sales.skills", "is empty", "at least 1"),
    ("after: 10", "after: 0", 20, "queues.sales.relax[0].after", "0 is below 1", "1 or more"),
    ("after: 10, skills: {french: 1}", "after: 10, skills: {french: 4}", 20, "queues.sales.relax[0].skills.french",
     "goes up from 3 to 4", "less than 3"),
    ("after: 10, skills: {french: 1}", "after: 10, skills: {french: 3}", 20, "queues.sales.relax[0].skills",
     "lowers nothing", "Lower a level"),
    ("[{after: 10, skills: {french: 1}}]", "[{after: 10, skills: {french: 2}}, {after: 10, skills: {french: 1}}]", 20,
     "queues.sales.relax[1].after", "comes at 10 s, not after 10 s", "rising"),
    ("after: 10, skills: {french: 1}", "after: 10, skills: {english: 1}", 20, "queues.sales.relax[0].skills.english",
     "not asked for", "french"),
    ("when_late: {voicemail: billing}", "strategy: linaer", 21, "queues.sales.strategy", "linaer", "linear"),
    ("when_late: {voicemail: billing}", "when_late: {voicemail: biling}", 21, "queues.sales.when_late.voicemail",
     'no voicemail "biling"', '"billing"'),
    ("when_late: {voicemail: billing}", "when_late: {voicemail: bob}", 21, "queues.sales.when_late.voicemail",
     'no voicemail "bob"', "Known"),
    ("when_late: {voicemail: billing}", "when_late: {quue: sales}", 21, "queues.sales.when_late.quue", "not known",
     '"queue"'),
    ("when_late: {voicemail: billing}", "when_late: {queue: sales}", 21, "queues.sales.when_late.queue",
     "round in circles: sales -> sales", "end elsewhere"),
    ("when_late: {voicemail: billing}", "when_late: {queue: sales, message: busy}", 21, "queues.sales.when_late",
     "names message, queue", "exactly one"),
    ("when_late: {voicemail: billing}", "when_late: {}", 21, "queues.sales.when_late", "names no place", "exactly one"),
    ("when_late: {voicemail: billing}", "when_late: {person: bob}", 21, "queues.sales.when_late.person", "no phone",
     "extension"),
    ("when_late: {voicemail: billing}", 'when_late: {external: "+33199000001"}', 21, "queues.sales.when_late.external",
     "of this company", "Name its target"),
    ("when_late: {voicemail: billing}", 'when_late: {external: "0199000077"}', 21, "queues.sales.when_late.external",
     "not a number in service", "+ and country"),
    ("    when_late: {voicemail: billing}\n", "", 16, "queues.sales.when_late", "is missing", "Add when_late"),
    ("prompt: welcome", "prompt: welcom", 25, "menus.accueil.prompt", 'no prompt "welcom"', '"welcome"'),
    ('"1": {queue: sales}', '"1": {queue: sale}', 26, "menus.accueil.keys.1.queue", 'no queue "sale"', '"sales"'),
    ('"1": {queue: sales}', '"1": {menu: accuiel}', 26, "menus.accueil.keys.1.menu", 'no menu "accuiel"', '"accueil"'),
    ('"1": {queue: sales}', '"1": {person: bob}', 26, "menus.accueil.keys.1.person", "no phone", "extension"),
    ('"1": {queue: sales}', '"1": {phone: loby}', 26, "menus.accueil.keys.1.phone", 'no phone "loby"', '"lobby"'),
    ('"9": repeat', '"9": repat', 26, "menus.accueil.keys.9", '"repat" is not known', "repeat"),
    ('"9": repeat', '"x": repeat', 26, "menus.accueil.keys.x", "cannot be typed", "digits"),
    ("{tries: 2, then: {queue: sales}}", "{tries: 2, then: repeat}", 23, "menus.accueil", "for ever", "silence"),
    ("tries: 3", "tries: 0", 28, "menus.accueil.wrong_input.tries", "0 is below 1", "1 or more"),
    ("{tries: 3, then: {message: busy}}", "{tries: 3}", 28, "menus.accueil.wrong_input", 'lacks "then"', "Add"),
    ('"+33199000001"', '"+33 1 99 00 00 01"', 30, "dids.+33 1 99 00 00 01", "not written in E.164", '"+33199000001"'),
    ('"+33199000001"', '"+331"', 30, "dids.+331", "not a number in service", "+ and country"),
    ("hours: office", "hours: ofice", 30, "dids.+33199000001.hours", 'no hours "ofice"', '"office"'),
    ("hours: office, ", "", 30, "dids.+33199000001", "leads nowhere", '"target"'),
    (", closed: {message: busy}", "", 30, "dids.+33199000001.closed", "is missing", "when it is closed"),
    ("hours: office, open", "target: {menu: accueil}, open", 30, "dids.+33199000001.open", "without hours", "target"),
    ("192.0.2.10]", "192.0.2.300]", 31, "trunks.carrier.from[0]", "not an address", "192.0.2.10"),
    ("192.0.2.10]", "0.0.0.0/0]", 31, "trunks.carrier.from[0]", "too much", "operator"),
    ("192.0.2.10]", "10.0.0.0/15]", 31, "trunks.carrier.from[0]", "too much", "operator"),
    ("192.0.2.10]", '"2001:db8::/31"]', 31, "trunks.carrier.from[0]", "too much", "operator"),
    ("from: [192.0.2.10], ", "", 31, "trunks.carrier", "cannot be told", '"from"'),
    ("from: [192.0.2.10]", "peer: true, header: {name: X-A, value: a}", 31, "trunks.carrier.peer",
     "believed from anybody", '"from"'),
    ("from: [192.0.2.10]", "from: [192.0.2.10], peer: maybe", 31, "trunks.carrier.peer", "neither true nor false",
     "true"),
    ('to: "sip:192.0.2.10"', 'to: "sip:a b"', 31, "trunks.carrier.to", "not a SIP address", "sip:host"),
    ('{number: "+33899700123"}', "{}", 32, "blocked[0]", "names no caller, or two", "either"),
    ('{number: "+33899700123"}', '{prefix: "x"}', 32, "blocked[0].prefix", "not the beginning", "+33899"),
    ('{number: "+33899700123"}', '{number: "+33899700123", message: bsy}', 32, "blocked[0].message", 'no message "bsy"',
     '"busy"'),
    ("blocked: [{number: \"+33899700123\"}]", "blocked: {}", 32, "blocked", "is not a list", "hyphen"),
    ("sites: {paris: {name: Paris}}", "sites: [paris]", 3, "sites", "is not a mapping", "ids"),
    ("name: Bob", "name: 2026-01-01", 8, "people.bob.name", "2026-01-01 is read as a date", '"2026-01-01"'),
    ("name: Bob", "name: true", 8, "people.bob.name", "true is read as a truth value", '"true"'),
    ("name: Bob", "name:", 8, "people.bob.name", "is missing", "Add name"),
    ("{after: 10, skills", "{aftr: 10, skills", 20, "queues.sales.relax[0].aftr", "not known", '"after"'),
    ('"1": {queue: sales}', '"1": {queeu: sales}', 26, "menus.accueil.keys.1.queeu", "not known", '"queue"'),
    ("then: {queue: sales}}", "then: {queeu: sales}}", 27, "menus.accueil.no_input.then.queeu", "not known", '"queue"'),
    ("tries: 2", "tries: two", 27, "menus.accueil.no_input.tries", "not a whole number", "without quotes"),
    ("prompt: welcome", "prompt: welcome\n    first_digit: soon", 26, "menus.accueil.first_digit", "not a number",
     "without quotes"),
    ("prompt: welcome", "prompt: welcome\n    first_digit: 1e99", 26, "menus.accueil.first_digit", "above 60", "less"),
    ("busy: {fr: [hello]}", f"busy: {{fr: [{', '.join(['hello'] * 51)}]}}", 13, "messages.busy.fr", "more than 50",
     "Keep 50"),
    ("{id: main, name: Main, hours: office,", "{id: main, name: Main, hours: office, target: {queue: sales},", 30,
     "dids.+33199000001.target", "beside hours", '"open" and "closed"'),
    ("{id: main,", "{id: did.main,", 30, "dids.+33199000001.id", "not a valid id", "small letter"),
    ("blocked: [", 'blocked: [{number: "+33899700123"}, ', 32, "blocked[1].number", "taken by blocked[0].number",
     "one"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "path", "what", "cure"), CASES, ids=[f"{c[3]}: {c[4]}" for c in CASES])
def test_a_problem_says_where_what_and_what_to_do(
    old: str, new: str, line: int, path: str, what: str, cure: str
) -> None:
    assert SMALL.count(old) >= 1
    found = problems(SMALL.replace(old, new, 1))
    matching = [each for each in found if each.path == path and what in each.what]
    assert matching, [str(each) for each in found]
    assert (matching[0].line, matching[0].is_warning) == (line, False)
    assert cure in matching[0].cure


WARNINGS = [
    ("open: {menu: accueil}", "open: {queue: sales}", 23, "menus.accueil", "no call ever comes here"),
    ("skills: {french: 5}", "skills: {}", 19, "queues.sales.skills", "nobody with a phone can ever"),
    ("when_late: {voi", "max_wait: 10\n    when_late: {voi", 20, "queues.sales.relax[0].after", "when nobody waits"),
    ("{queue: sales}, ", "{language: en, queue: sales}, ", 13, "messages.busy", "is not spoken in en"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "path", "what"), WARNINGS)
def test_what_is_odd_but_works_is_a_warning(old: str, new: str, line: int, path: str, what: str) -> None:
    found = problems(SMALL.replace(old, new, 1))
    assert [(each.line, each.path, each.is_warning) for each in found] == [(line, path, True)], list(map(str, found))
    assert what in found[0].what


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    content = (
        SMALL.replace("country: FR", "country: F")
        .replace("site: paris", "site: rome")
        .replace('extension: "250"', "extension: 250")
        .replace("after: 10", "after: -1")
        .replace("when_late: {voicemail: billing}", "when_late: {queue: nowhere}")
        .replace("prompt: welcome", "prompt: none")
        .replace('"9": repeat', '"9": again')
        .replace("hours: office", "hours: never")
        .replace("number: \"+33899700123\"", "number: \"12\"")
    )  # fmt: skip
    found = [(each.line, each.path) for each in problems(content)]
    assert found == [
        (2, "company.country"),
        (7, "people.amel.site"),
        (9, "phones.lobby.extension"),
        (20, "queues.sales.relax[0].after"),
        (21, "queues.sales.when_late.queue"),
        (25, "menus.accueil.prompt"),
        (26, "menus.accueil.keys.9"),
        (30, "dids.+33199000001.hours"),
        (32, "blocked[0].number"),
    ]


def test_several_problems_of_one_item_are_told_together() -> None:
    content = SMALL.replace("name: Amel, site: paris", "namex: Amel, site: rome, skils: {}")
    assert [each.path for each in problems(content)] == [
        "people.amel.name",
        "people.amel.namex",
        "people.amel.site",
        "people.amel.skils",
    ]


def test_a_reference_to_a_faulty_item_does_not_dangle() -> None:
    content = SMALL.replace("name: Sales", "name: 7").replace('extension: "201"', "extension: 201")
    content = content.replace('"1": {queue: sales}', '"1": {queue: sales}, "2": {person: amel}')
    assert [each.path for each in problems(content)] == ["people.amel.extension", "queues.sales.name"]


def test_hours_that_overlap_are_named_with_the_time_that_is_open_twice() -> None:
    content = SMALL.replace('to: "18:00"}', 'to: "18:00"}, {days: "sat, fri", from: "17:30", to: "20:00"}')
    (found,) = problems(content)
    assert found.path == "hours.office.open[1]"
    assert found.what == "is open twice, with open[0], on fri from 17:30"


def test_times_that_touch_are_right() -> None:
    content = SMALL.replace('to: "18:00"}', 'to: "18:00"}, {days: fri, from: "18:00", to: "24:00"}')
    assert problems(content) == []


def test_a_cycle_of_queues_is_told_once_with_its_way() -> None:
    queue = "  {0}:\n    name: Q\n    skills: {{french: 1}}\n    when_late: {{queue: {1}}}\n"
    more = queue.format("a", "b") + queue.format("b", "c") + queue.format("c", "a")
    (found,) = problems(SMALL.replace("menus:\n", more + "menus:\n", 1))
    assert found.path == "queues.a.when_late.queue"
    assert "a -> b -> c -> a" in found.what


def test_trunks_that_cannot_be_told_apart_are_refused() -> None:
    more = ", other: {name: Other, from: [192.0.2.0/28]}}"
    (found,) = problems(SMALL.replace('to: "sip:192.0.2.10"}}', 'to: "sip:192.0.2.10"}' + more))
    assert found.path == "trunks.other.from[0]"
    assert "trunks.carrier.from[0]" in found.what


def test_a_trunk_may_be_as_wide_as_what_one_operator_has() -> None:
    assert problems(SMALL.replace("192.0.2.10]", '10.1.0.0/16, "2001:db8::/32"]')) == []


def test_calling_out_needs_a_trunk_that_leads_out() -> None:
    content = SMALL.replace(', to: "sip:192.0.2.10"', "").replace(
        "when_late: {voicemail: billing}", 'when_late: {external: "+33199000077"}'
    )
    (found,) = problems(content)
    assert (found.path, found.cure) == ("queues.sales.when_late.external", 'Give a trunk its "to"')


YAML = [
    (b"\xff\xfe", 1, "not UTF-8", "UTF-8"),
    ("", 1, "not a company file", "cordboard: 1"),
    ("[]", 1, "not a company file", "cordboard: 1"),
    ("just text", 1, "not a company file", "cordboard: 1"),
    ("cordboard: 1\ncompany: [\n", 2, "is not YAML", ""),
    ("cordboard: 1\n\tcompany: 1\n", 2, "is not YAML", "spaces, not tabs"),
    ("a: b: c\n", 1, "is not YAML", "quotes"),
    ("cordboard: 1\n---\ncordboard: 1\n", 2, "second document", "---"),
    ("a: \x07\n", 1, "character that YAML does not allow", "Take the character out"),
    ("[" * 5000, 1, "nested too deeply", "16"),
    ("x" * 8_000_001, 1, "larger than 8000 kB", "Take out"),
    ("cordboard: &a 1\nx-b: &a 1\n", 2, "given on line 1 already", "quotes"),
    ("cordboard: 1\ncompany: *a\n", 2, "alias", '"*"'),
    ("cordboard: !!int 1\n", 1, "tag", "Take it out"),
    ("? {a: b}\n: c\n", 1, "where a name is due", "Write a name"),
]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("", (1, 1)),
        ("cordboard: 1\ncompany: {id: acme\n", (2, 10)),
        ("cordboard: 1\nmenus:\n  a: {keys: {\n\n", (3, 13)),
        ("cordboard: 1\nfoo\n", (2, 1)),
        ("a: b: c\n", (1, 5)),
        ("a: \x07\n", (1, 4)),
        (b"cordboard: 1\na: \xff\n", (2, 4)),
    ],
)
def test_columns_count_from_1_and_what_is_not_ended_is_told_where_it_begins(
    content: str | bytes, place: tuple[int, int]
) -> None:
    first = problems(content)[0]
    assert (first.line, first.column) == place
    assert str(first).startswith(f"company.yaml:{place[0]}:{place[1]}: ")


def test_a_file_that_is_not_there_is_told_in_its_first_column(tmp_path: Path) -> None:
    (found,) = read_company_file(tmp_path / "none.yaml", TODAY).problems
    assert str(found).startswith(f"{tmp_path}/none.yaml:1:1: cannot be read")


@pytest.mark.parametrize(("content", "line", "what", "cure"), YAML, ids=[each[2] for each in YAML])
def test_what_is_no_company_file_is_said_plainly(content: str | bytes, line: int, what: str, cure: str) -> None:
    found = problems(content)
    matching = [each for each in found if what in each.what]
    assert matching, [str(each) for each in found]
    assert matching[0].line == line
    assert cure in matching[0].cure


def test_a_small_file_cannot_become_a_big_document() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    found = problems(bomb)
    assert any("alias" in each.what for each in found)
    assert len(found) <= 201


def test_keys_need_no_quotes_to_be_taken_as_written() -> None:
    content = SMALL.replace('"+33199000001":', "+33199000001:").replace('"1": {queue', "1: {queue")
    company = read_company(content, today=TODAY).accepted()
    assert company.dids["main"].number == "+33199000001"
    assert list(company.menus["accueil"].keys) == ["1", "9"]


def test_too_many_problems_end_with_a_word_that_there_are_more() -> None:
    people = "".join(f"  p{number}: {{namex: x}}\n" for number in range(300))
    found = problems(SMALL.replace("people:\n", "people:\n" + people))
    assert len(found) == 201
    assert "more problems" in found[-1].what


@pytest.mark.parametrize(("message", "errors"), [("hi", []), ("nowhere", ["dids.+33199000001.target.message"])])
def test_many_warnings_refuse_nothing_and_hide_no_error(message: str, errors: list[str]) -> None:
    head = "cordboard: 1\ncompany: {id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}\n"
    odd = "".join(f"  m{number}: {{fr: [hello]}}\n" for number in range(MOST_PROBLEMS + 50))
    number = f'"+33199000001": {{id: main, name: Main, language: en, target: {{message: {message}}}}}'
    text = f"{head}messages:\n  hi: {{fr: [a], en: [a]}}\n{odd}dids: {{{number}}}\n"
    reading = read_company(text, today=date(2026, 11, 22))
    assert [each.path for each in reading.problems if not each.is_warning] == errors
    assert (reading.company is None) == bool(errors)
    assert len(reading.problems) == MOST_PROBLEMS + 1


def test_a_section_that_is_too_long_is_refused_whole() -> None:
    sites = "".join(f"  s{number}: {{name: S}}\n" for number in range(2_001))
    (found,) = problems(SMALL.replace("sites: {paris: {name: Paris}}", f"sites:\n  paris: {{name: Paris}}\n{sites}"))
    assert (found.path, found.what) == ("sites", "has more than 2000 entries")


def test_the_way_of_a_did_without_hours_is_called_by_its_own_name() -> None:
    """Problems of the flow are told in the words of the company file."""
    content = SMALL.replace("hours: office, open: {menu: accueil}, closed: {message: busy}", "target: {menu: nowhere}")
    found = [each for each in problems(content) if not each.is_warning]
    assert [(each.path, each.what) for each in found] == [("dids.+33199000001.target.menu", 'no menu "nowhere"')]


def test_what_is_printed_stays_on_its_line() -> None:
    (found,) = problems(SMALL.replace("sites:", r'"\e[31m\n\u202e": 1' + "\nsites:"))
    assert str(found).isprintable()


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    reading = read_company_file(tmp_path / "none.yaml", TODAY)
    assert reading.company is None
    assert "cannot be read: No such file" in reading.problems[0].what
    with pytest.raises(DocumentRefused, match=r"^1 error$") as refusal:
        reading.accepted()
    assert refusal.value.problems == reading.problems


def test_a_problem_reads_as_a_line_of_a_compiler() -> None:
    (found,) = problems(SMALL.replace("site: paris", "site: pari"))
    assert str(found) == 'company.yaml:7:22: people.amel.site: no site "pari". Did you mean "paris"?'


def test_a_bell_of_the_demo_is_where_it_is_said_to_be() -> None:
    """Lines are right far down a long file with comments."""
    lines = DEMO.splitlines()
    wanted = next(number for number, line in enumerate(lines, 1) if line.startswith("  - {prefix:"))
    (found,) = problems(DEMO.replace('prefix: "+33897"', 'prefix: "+33897", messagex: busy'))
    assert (found.line, found.path) == (wanted, "blocked[1].messagex")


SECRETS = [
    ("sip: {amel: hunter2}", "secrets.sip.amel", "cannot be used", "12 to 128"),
    ("sip: {amel: 1234567890123456}", "secrets.sip.amel", "is read as a number", "in quotes"),
    ("pins: {amel: 493027}", "secrets.pins.amel", "is read as a number", "in quotes"),
    ('pins: {amel: "49302x"}', "secrets.pins.amel", "cannot be used", "4 to 10 digits"),
    ("managers: {pbx1: {run: hunter2-hunter2}}", "secrets.managers.pbx1", 'lacks "deploy"', "Add"),
    ("managers: {pbx1: hunter2}", "secrets.managers.pbx1", "is not a mapping", "{ and }"),
    ("version: 0", "secrets.version", "0 is below 1", "1 or more"),
    ("sip: [hunter2]", "secrets.sip", "is not a mapping", "{ and }"),
]


@pytest.mark.parametrize(("written", "path", "what", "cure"), SECRETS)
def test_no_problem_repeats_a_secret(written: str, path: str, what: str, cure: str) -> None:
    (found,) = problems(SMALL + f"secrets: {{{written}}}\n")
    assert (found.line, found.path, found.is_warning) == (33, path, False)
    assert what in found.what
    assert cure in found.cure
    assert not any(secret in str(found) for secret in ("hunter2", "49302", "12345678"))


def test_secrets_of_nobody_are_left_out_with_a_warning() -> None:
    found = problems(SMALL + 'secrets: {sip: {bob: a-password-of-bob}, pins: {lobby: "1234"}}\n')
    assert [(each.path, each.is_warning) for each in found] == [("secrets.pins.lobby", True), ("secrets.sip.bob", True)]


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            "no_input: {tries: 2, then: {queue: sales}}",
            "no_input: {tries: 30, prompt: again, then: {message: closed}}",
            {"menus.accueil.no_input.tries", "menus.accueil.no_input.prompt", "menus.accueil.no_input.then.message"},
        ),
        (
            "wrong_input: {tries: 3, then: {message: busy}}",
            "wrong_input: {tries: 30, prompt: again}",
            {"menus.accueil.wrong_input.tries", "menus.accueil.wrong_input.prompt", "menus.accueil.wrong_input"},
        ),
        (
            '"1": {queue: sales}',
            '"1": {queue: nobody, zone: x}, "2": {message: closed}, x: repeat',
            {
                "menus.accueil.keys.1.zone",
                "menus.accueil.keys.1.queue",
                "menus.accueil.keys.2.message",
                "menus.accueil.keys.x",
            },
        ),
        (
            "skills: {french: 3}",
            "skills: {french: 9, dutch: 2}",
            {"queues.sales.skills.french", "queues.sales.skills.dutch"},
        ),
        (
            "relax: [{after: 10, skills: {french: 1}}]",
            "relax: [{after: 0, skills: {french: 1}}, {after: 5}]",
            {"queues.sales.relax[0].after", "queues.sales.relax[1]"},
        ),
        (
            '[{days: mon-fri, from: "09:00", to: "18:00"}]',
            '[{days: mon, from: "9"}, {days: tue, from: "18:00", to: "09:00"}]',
            {"hours.office.open[0].from", "hours.office.open[0]", "hours.office.open[1]"},
        ),
        (
            "welcome: {fr: [hello]}",
            "welcome: {fr: [hello, {say: 7}], en: [b/../c]}",
            {"prompts.welcome.fr[1].say", "prompts.welcome.en[0]"},
        ),
    ],
)
def test_one_wrong_value_hides_nothing_else_of_its_item_and_brings_nothing_of_its_own(
    right: str, wrong: str, told: set[str]
) -> None:
    assert SMALL.count(right) == 1
    found = problems(SMALL.replace(right, wrong))
    assert {problem.path for problem in found} == told
    assert len(found) == len(told)


def test_what_may_be_said_beside_keys_lacks_its_words() -> None:
    found = problems(SMALL.replace("prompt: welcome\n", "prompt: welcome\n    speech: {}\n"))
    assert [(each.path, each.what) for each in found] == [("menus.accueil.speech", 'lacks "words"')]
