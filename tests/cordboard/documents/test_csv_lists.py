"""Lists from spreadsheets: however they were saved, each line is taken or rejected with its reason."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cordboard.documents import csv_table, read_company
from cordboard.documents.csv_import import ListReading, read_list
from cordboard.documents.csv_kinds import LISTS
from cordboard.documents.csv_table import FORMULA, LONGEST_LINE, MOST_ROWS, read_table, table_text
from cordboard.store.values import Company

TODAY = date(2026, 11, 21)
DEMO = read_company((Path(__file__).parents[3] / "demo" / "company.yaml").read_bytes(), today=TODAY).accepted()


def read(kind: str, text: str | bytes, encoding: str = "utf-8", hours: str = "") -> ListReading:
    content = text.encode() if isinstance(text, str) else text
    return read_list(LISTS[kind], io.BytesIO(content), "list.csv", DEMO, TODAY, encoding=encoding, option=hours)


def taken(kind: str, text: str | bytes, encoding: str = "utf-8", hours: str = "") -> Company:
    found = read(kind, text, encoding, hours)
    assert [one.told("list.csv") for one in found.rejected] == []
    return found.reading.accepted()


def rejected(kind: str, text: str, hours: str = "") -> list[str]:
    return [one.told("list.csv") for one in read(kind, text, hours=hours).rejected]


# ----- people and phones


def test_people_are_added_and_changed() -> None:
    people = taken(
        "extensions",
        "id,name,extension,skills,voicemail,site,kind\n"
        "amel,,211,,,,\n"  # an empty cell leaves what is there
        'gina,Gina Costa,301,"french 5, billing:4",yes,lyon,person\n'
        ",Hervé d’Aoste,302,,no,,\n"  # an id is made of the name
        ",Renamed,202,-,,,\n"  # found by the extension; a hyphen takes out
        "hall,Hall,303,,,paris,phone\n",
    )
    assert people.people["amel"].name == "Amel Haddad"
    assert people.people["amel"].extension == "211"
    assert dict(people.people["amel"].skills) == {"french": 5, "billing": 5, "english": 2}
    assert dict(people.people["gina"].skills) == {"french": 5, "billing": 4}
    assert people.people["gina"].voicemail
    assert people.people["herve-daoste"].extension == "302"
    assert (people.people["bruno"].name, dict(people.people["bruno"].skills)) == ("Renamed", {})
    assert people.phones["hall"].extension == "303"


def test_who_may_dial_out_is_given_and_taken() -> None:
    people = taken("extensions", "id,sortants\namel,none\n").people
    assert people["amel"].outgoing == "none"
    assert taken("extensions", "id,outgoing\namel,-\n").people["amel"].outgoing is None
    (told,) = rejected("extensions", "id,outgoing\namel,world\n")
    assert 'no outgoing permission "world"' in told


def test_an_id_made_of_a_name_loses_no_letter() -> None:
    people = taken("extensions", "name,extension\nGérard Œuvrard,301\nŁukasz Øre,302\n李,303\n4 Saisons,304\n").people
    assert {person.extension: person.id for person in people.values() if person.id not in DEMO.people} == {
        "301": "gerard-oeuvrard",
        "302": "lukasz-ore",
        "303": "p",
        "304": "p-4-saisons",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "heads", ["id,name,extension", "Identifiant,NOM,Numéro interne", " ID , Nom , Numero_interne "]
)
def test_however_it_was_saved(delimiter: str, mark: str, end: str, heads: str) -> None:
    text = mark + end.join([heads, "zoe,Zoé Éluard,301", ""]).replace(",", delimiter)
    assert taken("extensions", text).people["zoe"].name == "Zoé Éluard"


def test_a_word_about_the_separator_may_stand_first() -> None:
    assert taken("extensions", "sep=;\nid;name\nzoe;Zoé, of course\n").people["zoe"].name == "Zoé, of course"
    (told,) = rejected("extensions", "sep=;\r\nid;name;extension\r\nzoe;Zoé;30x\r\n")
    assert told.startswith("list.csv:3: extension")
    (problem,) = read("holidays", "sep=;\n").reading.problems
    assert "missing" in problem.what


def test_a_list_is_read_up_to_its_bounds_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MOST_BYTES", 1_000_000)

    class Endless(io.RawIOBase):
        size = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.size += 1000
            return b"id,name\n" if self.size == 1000 else b"x," + b"y" * 997 + b"\n"

    endless = Endless()
    found = read_list(LISTS["extensions"], endless, "list.csv", DEMO, TODAY, encoding="utf-8")  # type: ignore[arg-type]
    assert "is larger than 1 MB" in found.reading.problems[0].what
    assert endless.size <= 1_010_000


def test_windows_text_is_read_when_that_is_said() -> None:
    content = "id;nom;numéro\nzoe;Zoé;301\n".encode("cp1252")
    assert taken("extensions", content, "cp1252").people["zoe"].name == "Zoé"
    (problem,) = read("extensions", content).reading.problems
    assert str(problem) == 'list.csv:1:1: is not utf-8 text. Save it as "CSV UTF-8", or say --encoding cp1252.'
    (problem,) = read("extensions", "id\n".encode("utf-16")).reading.problems
    assert "UTF-16" in problem.what


REJECTED = [
    ("zoe,Zoé,30x,", 'list.csv:3: extension: "30x" cannot be dialled. Write 1 to 12 of the digits, * and #.'),
    ("zoe,Zoé,202,", 'list.csv:3: extension: "202" is taken by people.bruno.extension. Choose another.'),
    ("zoe,Zoé,601,", 'list.csv:3: extension: "601" is taken by queues.billing-fr.number. Choose another.'),
    ("zoe,Zoé,112,", 'list.csv:3: extension: "112" is an emergency number in FR. Choose another number.'),
    ("Zoe,Zoé,301,", 'list.csv:3: id: "Zoe" is not a valid id. Begin with a small letter; then small letters, digits,'
     " -; 40 at most."),
    ("zoe,,301,", 'list.csv:3: name: is missing. Add name.'),
    ("carrier,Zoé,301,", 'list.csv:3: id: "carrier" is taken by people.carrier. Choose another id: people, phones and'
     " trunks share one space of names on the switch."),
    ("zoe,Zoé,301,frnch 3", 'list.csv:3: skills: "frnch 3": no skill "frnch". Did you mean "french"?'),
    ("zoe,Zoé,301,french 9", 'list.csv:3: skills: "french 9": 9 is above 5. Write 5 or less.'),
    ("zoe,Zoé,301,french", 'list.csv:3: skills: "french" is no skill with a level. Write french 5, billing 4.'),
    ("amel,,-,", 'list.csv:3: id: "amel" has no phone. Give the person an extension.'),
    ("gina,Gina,302,", "list.csv:3: id: people.gina is on line 2 already. Keep one of the two."),
    ("zoe,Zoé,300,", 'list.csv:3: extension: "300" is taken by people.gina.extension. Choose another.'),
    (",,,french 3", "list.csv:3: name: is missing, and no id says who it is. Write a name, or an id or"
     " extension of now."),
    ("zoe,Zoé,301,,,,x", "list.csv:3: has 7 cells where the first line has 4. Put text that holds the separator in"
     " quotes."),
    ("zoe,Zo\u202eé,301,", "list.csv:3: name: \"Zo\\u202eé\": holds a character that cannot be seen (U+202E). Type it"
     " anew, in one line."),
    (f"zoe,{'Z' * 1001},301,", f"list.csv:3: name: \"{'Z' * 60}…\": has more than 1000 characters. Shorten it."),
]  # fmt: skip


@pytest.mark.parametrize(("line", "told"), REJECTED, ids=[each[1][12:60] for each in REJECTED])
def test_a_line_is_rejected_with_its_column_value_reason_and_cure(line: str, told: str) -> None:
    found = read("extensions", f"id,name,extension,skills\ngina,Gina,300,\n{line}\n")
    assert [one.told("list.csv") for one in found.rejected] == [told]
    assert found.taken == 1
    assert "gina" in found.reading.accepted().people
    assert all(one.told("list.csv").isprintable() for one in found.rejected)


def test_a_phone_of_a_place_has_no_skills() -> None:
    assert rejected("extensions", "id,kind,skills\nlobby,,french 3\namel,phone,\nx,robot,\n") == [
        'list.csv:2: skills: "french 3": means nothing for a phone of a place. Leave it empty.',
        'list.csv:3: kind: "phone": amel is a person already. Leave the kind empty, or choose another id.',
        'list.csv:4: kind: "robot" is neither person nor phone. Write person or phone.',
    ]


TAKEN = 'name: "{}": would have the id {}, which is taken. Write the id: a new one, or that of who is meant.'


def test_somebody_new_never_takes_the_place_of_another() -> None:
    found = read(
        "extensions",
        "name,extension,kind,email\n"
        "Amel,,person,other@example.org\n"
        "Lobby,,,\n"
        "Carrier,,,\n"
        "Zoé,301,,\n"
        "Zoé,302,,\n"
        "Zoé,3*02,,\n"
        "Zoé,,,\n"
        "Amel,303,phone,\n",
    )
    assert [one.told("list.csv") for one in found.rejected] == [
        f"list.csv:{line}: {TAKEN.format(name, key)}"
        for line, name, key in (
            (2, "Amel", "amel"),
            (3, "Lobby", "lobby"),
            (4, "Carrier", "carrier"),
            (7, "Zoé", "zoe-302"),
            (8, "Zoé", "zoe"),
        )
    ]
    company = found.reading.accepted()
    assert (company.people["amel"], company.phones["lobby"]) == (DEMO.people["amel"], DEMO.phones["lobby"])
    assert (company.people["zoe"].extension, company.people["zoe-302"].extension) == ("301", "302")
    assert company.phones["amel-303"].extension == "303"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Amel", "bruno", "Lobby", "carrier", "Zoé", "zoe 301", "李"]),
            st.sampled_from(["", "301", "302", "3*01"]),
            st.sampled_from(["", "person", "phone"]),
        ),
        max_size=6,
    )
)
def test_lines_without_an_id_leave_everybody_as_they_were(lines: list[tuple[str, str, str]]) -> None:
    company = read("extensions", table_text([("name", "extension", "kind"), *lines], ",")).reading.accepted()
    assert {key: company.people.get(key) for key in DEMO.people} == DEMO.people
    assert {key: company.phones.get(key) for key in DEMO.phones} == DEMO.phones


def test_two_may_exchange_their_extensions() -> None:
    people = taken("extensions", "id,extension\namel,202\nbruno,201\n").people
    assert (people["amel"].extension, people["bruno"].extension) == ("202", "201")


def test_a_line_that_counts_on_a_rejected_one_is_rejected_too() -> None:
    found = read("extensions", "id,extension,site\nbruno,301,mars\namel,202,\nchloe,302,\n")
    assert [(one.line, one.column) for one in found.rejected] == [(2, "site"), (3, "extension")]
    assert found.reading.accepted().people["chloe"].extension == "302"


def test_every_rejected_line_is_told_however_many() -> None:
    text = "id,name,extension\n" + "".join(f"x{n},X,no{n}\n" for n in range(1000)) + "zoe,Zoé,301\n"
    found = read("extensions", text)
    assert len(found.rejected) == 1000
    assert found.taken == 1
    assert "zoe" in found.reading.accepted().people


def test_rejected_lines_can_be_mended_and_imported_again() -> None:
    found = read("extensions", 'id;nom;numéro\nzoe;=1+1;30x\nyan;Yan;302\nbad;"Quo""te; x";+\n')
    rows = list(csv.reader(io.StringIO(found.rejected_file), delimiter=";"))
    assert rows[0] == ["id", "nom", "numéro", "rejected column", "rejected because"]
    assert [row[:3] for row in rows[1:]] == [["zoe", "'=1+1", "30x"], ["bad", 'Quo"te; x', "'+"]]
    mended = found.rejected_file.replace("30x", "301").replace("'+", "303")
    people = taken("extensions", mended).people
    assert people["zoe"].name == "=1+1"
    assert people["bad"].name == 'Quo"te; x'


# ----- numbers


def test_numbers_are_added_and_changed() -> None:
    dids = taken(
        "dids",
        "numéro;identifiant;nom;destination;horaires;ouvert;fermé\n"
        "'+33199000001;;;file support;;;\n"  # a target takes the hours out
        "+33199000011;new;Neu;;office;menu accueil;message:closed\n"
        "+33199000012;;Zwölf;personne amel;;;\n"
        "+33199000013;english;;;;;\n",  # the number of an id changes
    ).dids
    assert (dids["main"].hours, dids["main"].open.id, dids["main"].closed) == (None, "support", None)
    assert (dids["new"].hours, dids["new"].open.id) == ("office", "accueil")
    assert dids["did-33199000012"].open.id == "amel"
    assert dids["english"].number == "+33199000013"


def test_a_number_that_cannot_be_is_rejected() -> None:
    assert rejected(
        "dids",
        "number,id,name,target\n"
        "0199000001,a,A,queue support\n"
        "+33 1 99 00 00 21,b,B,queue support\n"
        "+33199000022,c,C,support\n"
        "+33199000023,d,D,queue suport\n"
        "+33199000024,e,E,\n"
        "+33199000001,x,,\n"
        ",f,F,queue support\n"
        "+33199000002,english,,\n"
        "+33199000025,main2,M,robot amel\n",
    ) == [
        'list.csv:2: number: "0199000001" is not a number in service. Write it as "+33123456789": + and country,'
        " no spaces.",
        'list.csv:3: number: "+33 1 99 00 00 21" is not written in E.164. Write "+33199000021".',
        'list.csv:4: target: "support" is no place for calls. Write queue billing, or menu accueil.',
        'list.csv:5: target: "queue suport": no queue "suport". Did you mean "support"?',
        'list.csv:6: number: "+33199000024": leads nowhere. Add "target", or "hours", "open" and "closed".',
        'list.csv:7: id: "x": this number is called main, and ids never change. Leave the id empty.',
        'list.csv:8: number: is missing. Write it as "+33123456789".',
        'list.csv:9: number: "+33199000002" is the number of office. Choose another.',
        'list.csv:10: target: "robot amel" is no place for calls. Known: conference, file, menu, message, messagerie,'
        " person, personne, phone and 3 more.",
    ]


# ----- closed days


def test_days_are_closed_in_the_hours_that_are_named() -> None:
    hours = taken("holidays", "Jour,Horaires\n2026-12-25,office\n26/12/2026,office\n1.1.2027,always\n").hours
    assert date(2026, 12, 25) in hours["office"].closed
    assert date(2026, 12, 26) in hours["office"].closed
    assert hours["always"].closed == (date(2027, 1, 1),)
    assert len(taken("holidays", "date\n2026-12-24\n", hours="office").hours["office"].closed) == 2


def test_a_day_that_is_none_is_rejected() -> None:
    assert rejected("holidays", "date,hours\n2026-02-30,office\n2026-12-25,ofice\n2026-12-25,\n,office\n") == [
        'list.csv:2: date: "2026-02-30" is not a date. Write 2026-12-24 or 24/12/2026.',
        'list.csv:3: hours: no hours "ofice". Did you mean "office"?',
        "list.csv:4: hours: does not say which hours. Write their id, or give --hours.",
        'list.csv:5: date: "" is not a date. Write 2026-12-24 or 24/12/2026.',
    ]


# ----- the file as a whole


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "is empty"),
        ("id,nmae\n", 1, 'the column "nmae" is not known'),
        ("id,name,Nom\n", 1, 'the column "Nom" stands there twice'),
        ("id,name\n", 1, ""),
        ('id,name\nx,"never closed\n', 2, "is not CSV"),
        ('id,name\nx,"a"b\n', 2, "is not CSV"),
        ("id,name\r\rx,y\n", 1, "is not CSV"),
        ("id\n" + "x" * (LONGEST_LINE + 1), 2, "has a line of more than"),
        ("id\n" + "x\n" * (MOST_ROWS + 1), MOST_ROWS + 2, f"more than {MOST_ROWS} lines"),
        (",".join(["id"] * 51), 1, "more than 50 columns"),
        (b"id,name\nx,\xff\n", 2, "is not utf-8 text"),
    ],
)
def test_what_is_no_list_is_said_plainly(text: str | bytes, line: int, words: str) -> None:
    found = read("extensions", text)
    assert found.rejected == ()
    if words:
        (problem,) = found.reading.problems
        assert (problem.line, problem.file) == (line, "list.csv")
        assert words in problem.what
    else:
        assert found.reading.accepted() == DEMO


def test_a_list_without_its_main_column_is_told() -> None:
    (problem,) = read("holidays", "hours\noffice\n").reading.problems
    assert problem.what == 'the column "date" is missing'


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_template_is_a_list(kind: str, language: str) -> None:
    text = table_text(LISTS[kind].template(language))
    found = read(kind, text)
    assert found.reading.problems == ()
    assert found.taken == 2
    assert all(cell == "" or not cell.startswith(FORMULA) for row in csv.reader(io.StringIO(text)) for cell in row)


@pytest.mark.parametrize("cell", ["=1+1", " =1+1", "\t@x", "\n=1", "\r=1", "＝1+1", "＠x", "'=1"])
def test_what_a_spreadsheet_would_calculate_begins_with_an_apostrophe_and_comes_back_without(cell: str) -> None:
    text = table_text([["id", "name"], [cell, "x"]])
    (written,) = [row[0] for row in csv.reader(io.StringIO(text, newline="")) if row[0] != "id"]
    assert written.startswith("'")
    (row,) = read_table(io.BytesIO(text.encode()), {"id": "id", "name": "name"}, []).rows
    assert row.get("id") == cell.removeprefix("'").strip()


def test_a_cell_with_a_line_end_of_any_kind_stays_one_cell() -> None:
    for end in ("\n", "\r", "\r\n"):
        assert table_text([[f"x{end}=1+1", "y"]]).splitlines()[0] == '"x'


cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "-",
            "amel",
            "lobby",
            "201",
            "301",
            "french 5",
            "yes",
            "=1+1",
            "@x",
            "'+1",
            "person",
            "phone",
            "\x00",
            "\n",
        ]
    ),
)
rows = st.lists(st.lists(cells, min_size=1, max_size=10), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(LISTS)), rows, st.sampled_from([",", ";", "\t"]))
@example("extensions", [["x", "X", "1"], ["x", "X", "1"]], ",")
def test_any_lines_get_an_answer(kind: str, lines: list[list[str]], delimiter: str) -> None:
    header = list(LISTS[kind].headings)
    found = read(kind, table_text([header, *lines], delimiter))
    for one in found.rejected:
        assert one.told("list.csv").isprintable()
        assert one.line >= 2
        assert one.what
    for problem in found.reading.problems:
        assert str(problem).isprintable()
    for row in csv.reader(io.StringIO(found.rejected_file), delimiter=delimiter):
        assert not any(cell.startswith(FORMULA) for cell in row)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(LISTS)), st.binary(max_size=200), st.sampled_from(["utf-8", "cp1252"]))
def test_any_bytes_get_an_answer(kind: str, content: bytes, encoding: str) -> None:
    for problem in read(kind, content, encoding).reading.problems:
        assert str(problem).isprintable()
