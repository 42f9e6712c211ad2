"""The reader of Asterisk's files: what it makes of each form, what it tells, where it stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.adoption import conf
from cordboard.adoption.conf import Conf, read_conf


def options(read: Conf) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(section.name, [(option.name, option.value) for option in section.options]) for section in read.sections]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.conf").write_text(text, encoding="utf-8")
    return folder


def test_a_section_inherits_what_its_templates_say_and_each_value_knows_its_line(tmp_path: Path) -> None:
    write(tmp_path, pjsip="[phone](!)\nallow=ulaw\ncontext = in\n\n[201](phone)\ncontext=out\nallow +=,alaw\n")
    read = read_conf(tmp_path, "pjsip.conf")
    template, phone = read.sections
    assert template.is_template
    assert [(option.name, option.value) for option in phone.options] == [
        ("allow", "ulaw,alaw"),
        ("context", "in"),
        ("context", "out"),
    ]
    assert [str(place) for place in phone.options[0].places] == ["pjsip.conf:2", "pjsip.conf:7"]
    last = phone.last("CONTEXT")
    assert last is not None
    assert (last.value, str(last.place)) == ("out", "pjsip.conf:6")


def test_comments_end_lines_and_go_over_them(tmp_path: Path) -> None:
    text = "[a]\nx=1 ; one\ny=\\;two\\; ; and\n;-- z=3\nz=4\n--;v=5\n;--- w=6\n"
    assert options(read_conf(write(tmp_path, q=text), "q.conf")) == [("a", [("x", "1"), ("y", ";two;"), ("v", "5")])]


def test_a_section_of_a_name_that_was_there_stands_apart_unless_it_goes_on(tmp_path: Path) -> None:
    text = "[201]\ntype=endpoint\n[201]\ntype=aor\n[201](+type=aor)\nmax_contacts=1\n"
    assert options(read_conf(write(tmp_path, p=text), "p.conf")) == [
        ("201", [("type", "endpoint")]),
        ("201", [("type", "aor"), ("max_contacts", "1")]),
    ]


@pytest.mark.parametrize(
    "line", ["hunter2-hunter2", "password:hunter2", "password hunter2", "205,hunter2,Amel", "hunter2!"]
)
def test_a_line_that_is_not_understood_is_not_repeated_for_it_may_be_a_password(tmp_path: Path, line: str) -> None:
    (fault,) = read_conf(write(tmp_path, p=f"[a]\n{line}\n"), "p.conf").faults
    assert str(fault.place) == "p.conf:2"
    assert "hunter2" not in fault.what


def test_what_asterisk_does_not_understand_is_told_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    text = "[a]\nnonsense\n#exec /bin/true\n#bogus\n[b\n[c](nothing)\nx=1\n#include gone.conf\n[d]\ny=2\n"
    read = read_conf(write(tmp_path, p=text), "p.conf")
    assert [fault.place.line for fault in read.faults] == [2, 3, 4, 5, 6, 8]
    assert [fault.place.line for fault in read.faults if fault.is_fatal] == [5, 6, 8]
    assert read.is_refused
    assert options(read)[-1] == ("d", [("y", "2")])


def test_nothing_outside_the_folder_is_read_and_nothing_is_run(tmp_path: Path) -> None:
    inside = tmp_path / "asterisk"
    inside.mkdir()
    (tmp_path / "outside.conf").write_text("secret=1\n", encoding="utf-8")
    ran = tmp_path / "ran"
    lines = (
        f"#include {tmp_path}/outside.conf",
        "#include ../outside.conf",
        "#include ../*.conf",
        f"#exec touch {ran}",
    )
    write(inside, p="[a]\n" + "\n".join(lines) + "\n")
    read = read_conf(inside, "p.conf")
    assert options(read) == [("a", [])]
    assert len(read.faults) == 4
    assert read.files == ("p.conf",)
    assert not ran.exists()


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    read = read_conf(write(tmp_path, p="[a]\nx=1\n#include p.conf\n"), "p.conf")
    assert any("deeper" in fault.what for fault in read.faults)
    assert len(read.files) == conf.MOST_DEPTH + 1


def test_templates_of_templates_do_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "MOST_OPTIONS", 1000)
    text = "[t0](!)\nx=1\ny=2\n" + "".join(f"[t{n}](!,t{n - 1},t{n - 1},t{n - 1})\n" for n in range(1, 60))
    read = read_conf(write(tmp_path, p=text), "p.conf")
    assert sum(len(section.options) for section in read.sections) <= 1000
    assert "more than can be read" in read.faults[-1].what


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert not read_conf(tmp_path, "pjsip.conf").is_there


def test_latin_letters_are_read_and_told(tmp_path: Path) -> None:
    (tmp_path / "p.conf").write_bytes(b"[a]\nname=Fran\xe7ois\nlong=" + b"x" * 9000 + b"\ncut=ab\0cd\n")
    read = read_conf(tmp_path, "p.conf")
    assert options(read) == [("a", [("name", "François"), ("cut", "ab")])]
    assert [fault.place.line for fault in read.faults] == [2, 3, 4]


@given(st.binary(max_size=300) | st.text("[]()!+;-=#>\\\n abct.{*", max_size=200).map(str.encode))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("etc")
    (folder / "t.conf").write_bytes(content)
    read = read_conf(folder, "t.conf")
    places = [place for section in read.sections for option in section.options for place in option.places]
    assert all(place.file == "t.conf" for place in places)


def test_of_a_line_that_is_not_understood_the_first_word_alone_is_shown(tmp_path: Path) -> None:
    text = "[201]\npassword hunter2\n#exec /bin/get --key hunter2\n#bogus hunter2\n"
    told = [fault.what for fault in read_conf(write(tmp_path, p=text), "p.conf").faults]
    assert len(told) == 3
    assert "hunter2" not in " ".join(told)
