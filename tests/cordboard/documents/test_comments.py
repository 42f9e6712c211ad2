"""What the author of a company file notes there is the company's: it comes back in each export, where it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordboard.documents import export_company, export_folder, read_company, read_company_parts
from cordboard.documents.remarks import named
from cordboard.documents.writing import document_of
from cordboard.store.values import Comment, Company
from kit.companies import companies

TODAY = date(2026, 11, 21)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

words = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=40),
    st.sampled_from(["# twice", "a: b", "- x", "'", '"', "}", "]", "|", "&a *a", "!t", "%", "\tx", "x" * 5000, ""]),
).map(str.rstrip)
comments = st.builds(
    Comment,
    before=st.lists(words, max_size=3).map(tuple),
    beside=words,
    after=st.lists(words, max_size=2).map(tuple),
)


def places(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every part of a document that comments know."""
    for name, inner in named(part):
        yield (*path, name)
        yield from places(inner, (*path, name))


def lines_of(company: Company) -> Counter[str]:
    return Counter(
        line
        for comment in company.comments.values()
        for line in (*comment.before, comment.beside, *comment.after)
        if line
    )


@st.composite
def noted_companies(draw: st.DrawFn) -> Company:
    """With comments wherever a hand may have put them."""
    company = draw(companies())
    there = list(places(document_of(company)))
    chosen = draw(st.dictionaries(st.sampled_from(there), comments, max_size=12))
    return replace(company, comments=chosen | {(): draw(comments)})


@settings(max_examples=8, suppress_health_check=SLOW, deadline=None)
@given(noted_companies())
def test_what_an_export_says_is_read_back_as_it_is(company: Company) -> None:
    read = read_company(export_company(company), today=TODAY).accepted()
    assert replace(read, comments={}) == replace(company, comments={})
    written = export_company(read)
    again = read_company(written, today=TODAY).accepted()
    assert again == read
    assert export_company(again) == written
    assert read_company_parts(list(export_folder(read).items()), TODAY).company == read


@settings(max_examples=15, suppress_health_check=SLOW, deadline=None)
@given(companies(), st.data())
def test_whatever_is_noted_wherever_in_a_file_is_kept(company: Company, data: st.DataObject) -> None:
    """Above any line, indented in any way, and at the end of any."""
    lines = export_company(company).splitlines()
    at = st.integers(0, len(lines) - 1)
    above = data.draw(st.lists(st.tuples(at, st.integers(0, 8), words), max_size=12))
    beside = data.draw(st.dictionaries(at, words, max_size=12))
    noted: list[str] = []
    for place, line in enumerate(lines):
        own = [f"{' ' * indent}#{word}" for where, indent, word in above if where == place]
        is_comment = line.startswith("#") or not line
        noted += [*own, f"{line} #{beside[place]}" if place in beside and not is_comment else line]
    noted += [f"#{word}" for _, _, word in above[:2]]
    written = Counter(word for _, _, word in [*above, *above[:2]] if word)
    written += Counter(beside[place] for place in beside if lines[place] and not lines[place].startswith("#"))
    ending = data.draw(st.sampled_from(["\n", "\r\n"]))
    read = read_company(ending.join([*noted, ""]), today=TODAY).accepted()
    assert replace(read, comments={}) == company
    assert lines_of(read) == +Counter({word: count for word, count in written.items() if word})
    assert read_company(export_company(read), today=TODAY).company == read
