"""To which part of a company file a comment belongs, and what is kept of none."""

from __future__ import annotations

import io
from datetime import date

import pytest
from pydantic import SecretStr

from cordboard.documents import (
    FileSecrets,
    Reading,
    export_company,
    export_draft,
    export_folder,
    read_company,
    read_company_parts,
)
from cordboard.documents.csv_import import read_list
from cordboard.documents.csv_kinds import LISTS
from cordboard.documents.headings import BEGIN, END, HEADINGS
from cordboard.documents.source import read_source
from cordboard.documents.tree import MOST_NOTED, read_tree
from cordboard.store.records import CompanySecrets
from cordboard.store.values import Comment, Comments

TODAY = date(2026, 11, 22)
FORM = "cordboard: 1\n"
HEAD = f"{FORM}company: {{id: acme, name: Acme, language: fr, country: FR, time_zone: Europe/Paris}}\n"
NOTED = f"""\
# yaml-language-server: $schema=company.schema.json

# the form
{HEAD}# The house
people: # all of them
  # who answers first
  amel: {{name: Amel, # first name alone
    # since May
    language: fr, # her own
    # nobody else
  }} # in Paris
  bob: &bob # a pattern
    name: "Bob # 2" # not "Bob"
    # extension: "202"
  carl: {{<<: *bob, name: Carl}} # as Bob
  # more to come
hours:
  office:
    open:
    - days: mon-fri # not on Saturdays
      from: "09:00"
      to: "18:00"
      # no break
    # and then
    - {{days: sat, from: "09:00", to: "12:00"}} # mornings
    closed: [
      2026-12-24, # the eve
      # holidays
      2026-12-26,
      2026-12-25,
      # that is all
    ]
    time_zone: Europe/Paris # as the company's
messages:
  hello:
    fr: # what they hear
      say: | # in one go
        Hello # there
        all
      # recorded later
menus:
  # none so far
x-mine: # a pattern
  # of mine
  a: 1
blocked:
- prefix: "+33899" # dear
- # the other
  number: "+33123456789"
  reason: "#1" # his words
# to be gone through in May
# vim: ts=2
"""


def read(text: str) -> Reading:
    return read_company(text, today=TODAY)


def comments(text: str) -> Comments:
    return read(text).accepted().comments


def noted(*before: str, beside: str = "", after: tuple[str, ...] = ()) -> Comment:
    return Comment(before=before, beside=beside, after=after)


def test_each_comment_belongs_to_the_part_that_it_stands_at() -> None:
    office = ("hours", "office")
    assert comments(NOTED) == {
        (): noted(
            " yaml-language-server: $schema=company.schema.json",
            " the form",
            after=(" to be gone through in May", " vim: ts=2"),
        ),
        ("people",): noted(" The house", beside=" all of them", after=(" more to come",)),
        ("people", "amel"): noted(" who answers first", beside=" in Paris", after=(" nobody else",)),
        ("people", "amel", "name"): noted(beside=" first name alone"),
        ("people", "amel", "language"): noted(" since May", beside=" her own"),
        ("people", "bob"): noted(beside=" a pattern", after=(' extension: "202"',)),
        ("people", "bob", "name"): noted(beside=' not "Bob"'),
        ("people", "carl"): noted(beside=" as Bob"),
        (*office, "open", "[0]"): noted(after=(" no break",)),
        (*office, "open", "[0]", "days"): noted(beside=" not on Saturdays"),
        (*office, "open", "[1]"): noted(" and then", beside=" mornings"),
        (*office, "closed"): noted(after=(" that is all",)),
        (*office, "closed", "2026-12-24"): noted(beside=" the eve"),
        (*office, "closed", "2026-12-26"): noted(" holidays"),
        # The zone is the company's: an export leaves it out.
        office: noted(after=(" as the company's",)),
        ("messages", "hello", "fr"): noted(beside=" what they hear", after=(" recorded later",)),
        ("messages", "hello", "fr", "say"): noted(beside=" in one go"),
        ("menus",): noted(after=(" none so far",)),
        ("blocked", "prefix +33899", "prefix"): noted(beside=" dear"),
        ("blocked", "number +33123456789"): noted(beside=" the other"),
        ("blocked", "number +33123456789", "reason"): noted(beside=" his words"),
    }


@pytest.mark.parametrize("text", [NOTED, NOTED.replace("\n", "\r\n"), "\ufeff" + NOTED, "--- # a document\n" + NOTED])
def test_an_export_has_them_all_and_stays_as_it_is(text: str) -> None:
    company = read(text).accepted()
    written = export_company(company)
    assert read(written).company == company
    assert export_company(read(written).accepted()) == written
    assert "  # who answers first\n  amel:  # in Paris\n    name: Amel  # first name alone\n" in written
    assert '  -  # the other\n    number: "+33123456789"\n    reason: "#1"  # his words\n' in written
    assert f"\n# {HEADINGS['menus']}\nmenus:\n  # none so far\n" in written
    assert written.endswith(f"\n{END}\n# to be gone through in May\n# vim: ts=2\n")
    assert written.count(BEGIN.format(id="acme")) == 1
    assert read_company_parts(list(export_folder(company).items()), TODAY).company == company


def test_lines_of_an_export_are_nobodys_comments_also_where_a_section_was_taken_out() -> None:
    left = f"{BEGIN.format(id='other')}{HEAD}\n# {HEADINGS['queues']}\n# {HEADINGS['people']}\npeople: {{}}\n{END}\n"
    assert comments(left) == {}
    assert comments(f"{HEAD}sites: {{}} # {HEADINGS['sites']}\n") == {("sites",): noted(beside=f" {HEADINGS['sites']}")}


SECRETS = """\
# old: 1111
secrets: # 2222
  # 3333
  pins: {amel: "4444"} # 5555
  # 6666
# 7777
"""


@pytest.mark.parametrize("more", ["", "skills: {a: {name: A}}\n", "# ours\nskills: {a: {name: A}} # kept\n# 8888\n"])
def test_what_is_noted_at_secrets_or_behind_them_is_kept_nowhere(more: str) -> None:
    people = "people: {amel: {name: Amel, voicemail: true}} # hers\n"
    reading = read(HEAD + people + SECRETS + more)
    kept = [*reading.source.comments, *reading.accepted().comments]
    assert set(kept) - {("people", "amel"), ("people",), ("skills",), ()} == set()
    told = repr(reading.source.comments) + export_company(reading.accepted()) + repr(reading.accepted())
    assert not any(f"{digit * 4}" in told for digit in "1234567")
    assert " hers" in told


def test_what_an_export_puts_behind_secrets_comes_back() -> None:
    company = read(NOTED.replace("name: Amel,", "name: Amel, voicemail: true,")).accepted()
    secrets = FileSecrets(company=CompanySecrets(pins={"amel": SecretStr("4444")}))
    reading = read(export_company(company, secrets))
    assert (reading.company, reading.secrets) == (company, secrets)


def test_comments_move_with_what_they_are_about() -> None:
    other = NOTED.replace("2026-12-24, # the eve\n      # holidays\n", "2026-12-23,\n      2026-12-24, # the eve\n")
    assert comments(other)["hours", "office", "closed", "2026-12-24"].beside == " the eve"
    assert ("people", "bob") not in comments("\n".join(line for line in NOTED.splitlines() if "bob" not in line.lower()
                                                       and "extension" not in line))  # fmt: skip


def test_heads_of_files_stand_at_their_sections() -> None:
    files = [
        ("company.yaml", f"# All of it\n{HEAD}# the end\n"),
        ("people.yaml", f"# Kept by HR\n{FORM}people: {{amel: {{name: Amel}}}}\n# next: Bob\n"),
        ("skills.yaml", f"# Agreed in May\n\n{FORM}skills: {{a: {{name: A}}}}\n"),
        ("secrets.yaml", f"# 1111\n{FORM}secrets: {{}}\n# 2222\n"),
    ]
    company = read_company_parts(files, TODAY).accepted()
    assert company.comments == {
        (): noted(" All of it", after=(" the end",)),
        ("people",): noted(" Kept by HR", after=(" next: Bob",)),
        ("skills",): noted(" Agreed in May"),
    }
    assert read_company_parts(list(export_folder(company).items()), TODAY).company == company
    assert read(export_company(company)).company == company


def test_a_list_of_people_leaves_what_is_noted() -> None:
    company = read(f"{HEAD}people: # us\n  amel: {{name: Amel}} # hers\n").accepted()
    lines = io.BytesIO(b"id,name,extension\namel,Amel H,201\nbob,Bob,202\n")
    taken = read_list(LISTS["extensions"], lines, "p.csv", company, TODAY, encoding="utf-8").reading.accepted()
    assert taken.people["bob"].name == "Bob"
    assert taken.comments == company.comments


def test_tests_are_not_kept_but_in_a_draft() -> None:
    tests = 'tests: # ours\n  # at night\n  night: {to: "+33199000001", at: "2026-11-24 22:00"} # late\n'
    dids = (
        'messages: {bye: {fr: [vm-goodbye]}}\ndids: {"+33199000001": {id: main, name: Main, target: {message: bye}}}\n'
    )
    reading = read(HEAD + dids + tests + "# the end\n")
    assert reading.accepted().comments == {(): noted(after=(" the end",))}
    draft = export_draft(reading.accepted(), reading.source)
    again = read(draft)
    assert (again.company, again.tests) == (reading.company, reading.tests)
    assert again.source.comments == reading.source.comments | {(): again.source.comments[()]}
    assert draft.endswith(f"\n{END}\n# the end\n")


def test_so_many_comments_are_refused_with_their_line() -> None:
    line = "#" + "x" * 99_999 + "\n"
    assert read(HEAD + line * (MOST_NOTED // 99_999)).company is not None
    (problem,) = read(HEAD + line * (MOST_NOTED // 99_999 + 1) + "people: {}\n").problems
    assert problem.what.startswith(f"has more than {MOST_NOTED} characters of comments")
    assert problem.line > 2
    _, _, size = read_tree(f"{FORM}#\n# b\n{FORM}a: 1 # c\n")
    assert size == len("#" + "# b" + "# c"), "what is empty counts, too"


STRANGE = ["# only", "- # a\n- {b: # c\n 1}", "? [a, # b\n c] # d\n: e # f\n", "a: [b: # c\n 1] # d", "a: !t # b\n c\n"]
STRANGE += [
    "a: &b#c # d\n",
    "%YAML 1.2 # a\n---\n# b\na: # c",
    "a: >2- # b\n  c\n",
    "a: # b\u2028c: 1 # d",
    "a:\n- # b",
]
STRANGE += ["a: {b: , # c\n d} # e", "- - # a\n  - b # c\n", "a: 1\n... # b\n# c"]


@pytest.mark.parametrize("text", STRANGE, ids=ascii)
def test_whatever_is_written_is_read(text: str) -> None:
    """As far as YAML goes: what is no company file is told as such."""
    source = read_source(text)
    assert source.data is not None or source.faults or text == "# only"
    noted = [line for each in source.comments.values() for line in (*each.before, each.beside, *each.after)]
    assert all(line.strip() in "abcdef" for line in noted)
