"""A generation's files broken in every way a disk, a hand or a faulty program can break them, each way drawn by chance.

    breakage = draw(random)                  # one way, its own chance inside: the same on every set of files
    texts = breakage.of_texts(files)         # name -> text, broken; None where this way is about the disk alone
    breakage.on_disk(folder)                 # the files that lie there, broken

Ways that change what a file says can be brought in as texts or on the disk; ways about folders, links and rights only
on the disk.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PLACES = 50
KEPT_BY_US = frozenset({"generation.json", "state.json"})
JUNK = (
    "]junk[", "[", "exten => ", "=>=>=>", "%s%n${EVAL(x)}", "\x01\x02\x1b[31m", "#exec id", "same => n,Junk(1)",
    "type=endpoint", "[broken](!,no-such-template)", "é漢\u202e", "x" * 9000, "member => ,,,", "\\;\\;",
)  # fmt: skip
MEMBERS = ("member => PJSIP/acme-amel", "member => Local/s@cordboard-in/n,0,Ghost", "member => PJSIP/nobody,5")
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_.,:;=()[]{}\"'$&|/\\ é"


class NothingToBreakError(Exception):
    """This way finds nothing in these files: another is drawn."""


Texts = dict[str, str]
TextWay = Callable[[random.Random, Texts], None]
DiskWay = Callable[[random.Random, Path], None]


@dataclass(frozen=True)
class Breakage:
    """One way with its own chance: `seed` decides on file, place and content."""

    kind: str
    seed: int

    @property
    def is_about_disk_alone(self) -> bool:
        return self.kind in DISK_WAYS

    def of_texts(self, files: Mapping[str, str]) -> Texts:
        """The files as they would be written, broken. A place where there is nothing to break is passed over for the
        next one; raises NothingToBreakError when there is none."""
        for seed in range(self.seed, self.seed + PLACES):
            texts = dict(sorted(files.items()))
            with suppress(NothingToBreakError):
                TEXT_WAYS[self.kind](random.Random(seed), texts)
            if texts != dict(files):
                return texts
        raise NothingToBreakError

    def on_disk(self, folder: Path) -> None:
        """The files that lie in a generation's folder, broken as a hand or a bad disk would, not by our writer."""
        if self.is_about_disk_alone:
            DISK_WAYS[self.kind](random.Random(self.seed), folder)
            return
        files = texts_in(folder)
        write(folder, files, self.of_texts(files))


def texts_in(folder: Path) -> Texts:
    """The generated files of a folder."""
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and entry.name not in KEPT_BY_US)
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


def write(folder: Path, now: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Change the files that hold `now` so that they hold `wanted`, in their places."""
    for name in now.keys() - wanted.keys():
        (folder / name).unlink()
    for name, text in wanted.items():
        if now.get(name) != text:
            (folder / name).write_bytes(text.encode())


def draw(chance: random.Random, kinds: tuple[str, ...] = ()) -> Breakage:
    return Breakage(chance.choice(kinds or KINDS), chance.getrandbits(48))


# --- where ------------------------------------------------------------------------------------------------------------


def _file(chance: random.Random, files: Texts, *, least: int = 1, suffix: str = "") -> str:
    """A file, the large ones more often: there is more in them to be broken."""
    names = [name for name, text in files.items() if len(text) >= least and name.endswith(suffix)]
    if not names:
        raise NothingToBreakError
    return chance.choices(names, [2000 + len(files[name]) for name in names])[0]


def _named(chance: random.Random, files: Texts, *parts: str) -> str:
    names = [name for name in files if any(part in name for part in parts)]
    if not names:
        raise NothingToBreakError
    return chance.choice(names)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _line_where(chance: random.Random, lines: list[str], wanted: Callable[[str], object]) -> int:
    found = [index for index, line in enumerate(lines) if wanted(line)]
    if not found:
        raise NothingToBreakError
    return chance.choice(found)


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(";")


def _sections(text: str) -> list[str]:
    """What stands before the first section, then each section with its lines."""
    return re.split(r"(?m)^(?=\[)", text)


def _changed(chance: random.Random, text: str, start: int, end: int) -> str:
    """One character between two places is another one, gone, or there twice."""
    if end <= start:
        raise NothingToBreakError
    at = chance.randrange(start, end)
    other = chance.choice(("", text[at] * 2, *[each for each in chance.sample(ALPHABET, 3) if each != text[at]]))
    return text[:at] + other + text[at + 1 :]


# --- ways of texts ----------------------------------------------------------------------------------------------------


def _cut(chance: random.Random, files: Texts) -> None:
    name = _file(chance, files, least=2)
    content = files[name].encode()
    files[name] = content[: chance.randrange(1, len(content))].decode(errors="ignore")


def _emptied(chance: random.Random, files: Texts) -> None:
    files[_file(chance, files)] = ""


def _deleted(chance: random.Random, files: Texts) -> None:
    del files[_file(chance, files)]


def _of_a_line(change: Callable[[random.Random, list[str], int], None]) -> TextWay:
    """A way that takes any line that says something and does `change` to the lines there."""

    def way(chance: random.Random, files: Texts) -> None:
        name = _file(chance, files)
        lines = _lines(files[name])
        change(chance, lines, _line_where(chance, lines, _says_something))
        files[name] = "".join(lines)

    return way


def _remove(chance: random.Random, lines: list[str], at: int) -> None:
    del lines[at]


def _double(chance: random.Random, lines: list[str], at: int) -> None:
    lines.insert(at, lines[at])


def _swap(chance: random.Random, lines: list[str], at: int) -> None:
    other = _line_where(chance, lines, _says_something)
    lines[at], lines[other] = lines[other], lines[at]


def _put_junk(chance: random.Random, lines: list[str], at: int) -> None:
    lines.insert(at, chance.choice(JUNK) + "\n")


def _open_comment(chance: random.Random, lines: list[str], at: int) -> None:
    if chance.random() < 0.5:
        lines.insert(at, ";--\n")
    else:
        lines[at] = lines[at].rstrip("\n") + " ;--\n"


def _put_nul(chance: random.Random, lines: list[str], at: int) -> None:
    place = chance.randrange(len(lines[at]))
    lines[at] = lines[at][:place] + "\0" + lines[at][place:]


def _put_include(chance: random.Random, lines: list[str], at: int) -> None:
    lines.insert(at, chance.choice(("#include no-such-file.conf\n", "#include\n", '#include "\n')))


def _of_lines_like(pattern: str, group: int) -> TextWay:
    """A way that changes a character of what `pattern` finds as its `group` in some line of some file."""
    expression = re.compile(pattern)

    def way(chance: random.Random, files: Texts) -> None:
        names = [name for name, text in files.items() if any(expression.match(line) for line in _lines(text))]
        if not names:
            raise NothingToBreakError
        name = chance.choices(names, [500 + len(files[each]) for each in names])[0]
        lines = _lines(files[name])
        at = _line_where(chance, lines, expression.match)
        found = expression.match(lines[at])
        assert found is not None
        lines[at] = _changed(chance, lines[at], *found.span(group))
        files[name] = "".join(lines)

    return way


def _open_section(chance: random.Random, files: Texts) -> None:
    name = _file(chance, {name: text for name, text in files.items() if "[" in text})
    lines = _lines(files[name])
    at = _line_where(chance, lines, lambda line: line.startswith("["))
    lines[at] = lines[at].replace("]", "", 1)
    files[name] = "".join(lines)


def _break_include(chance: random.Random, files: Texts) -> None:
    name = _file(chance, {name: text for name, text in files.items() if "#include" in text})
    lines = _lines(files[name])
    at = _line_where(chance, lines, lambda line: line.startswith("#include"))
    lines[at] = chance.choice(
        (lines[at].replace("contexts-g", "contexts_g"), "#" + lines[at], lines[at][: len(lines[at]) // 2] + "\n")
    )
    files[name] = "".join(lines)


def _unknown_option(chance: random.Random, files: Texts) -> None:
    name = _named(chance, files, "pjsip", "queues", "voicemail", "manager", "rtp", "logger", "modules", "asterisk.")
    lines = _lines(files[name])
    at = _line_where(chance, lines, re.compile(r"[a-z_-]+ *=").match)
    option = lines[at].partition("=")[0].strip()
    lines[at] = lines[at].replace(option, option + chance.choice(("x", "_", "2")), 1)
    files[name] = "".join(lines)


def _sections_changed(change: Callable[[random.Random, list[str], int], None]) -> TextWay:
    def way(chance: random.Random, files: Texts) -> None:
        name = _file(chance, {name: text for name, text in files.items() if text.count("\n[") > 1})
        sections = _sections(files[name])
        change(chance, sections, chance.randrange(1, len(sections)))
        files[name] = "".join(sections)

    return way


def _swap_sections(chance: random.Random, sections: list[str], at: int) -> None:
    other = chance.randrange(1, len(sections))
    sections[at], sections[other] = sections[other], sections[at]


def _add_members(chance: random.Random, files: Texts) -> None:
    name = _named(chance, files, "queues.conf")
    lines = _lines(files[name])
    at = _line_where(chance, lines, lambda line: line.startswith("["))
    lines.insert(at + 1, chance.choice(MEMBERS) + "\n")
    files[name] = "".join(lines)


def _add_section(chance: random.Random, files: Texts) -> None:
    name = _named(chance, files, "queues.conf", "pjsip.conf", "contexts-g", "extensions.conf", "voicemail.conf")
    section = {
        "queues.conf": "[ghost]\nstrategy=ringall\n",
        "pjsip.conf": "[ghost]\ntype=endpoint\nallow=all\ncontext=cordboard-in\n",
        "voicemail.conf": "[ghost]\n1 => 1234,Ghost\n",
    }.get(name, "[ghost]\nexten => s,1,NoOp(boo)\n")
    place = chance.choice(("first", "last"))
    files[name] = section + files[name] if place == "first" else files[name] + section


def _exchange(chance: random.Random, files: Texts) -> None:
    one, other = chance.sample(sorted(files), 2)
    files[one], files[other] = files[other], files[one]


def _other_line_ends(chance: random.Random, files: Texts) -> None:
    name = _file(chance, files)
    files[name] = files[name].replace("\n", "\r\n" if chance.random() < 0.5 else "\r")


def _mark_of_bytes(chance: random.Random, files: Texts) -> None:
    name = _file(chance, files)
    files[name] = "\ufeff" + files[name]


def _added_file(chance: random.Random, files: Texts) -> None:
    files[f"cordboard_extra{chance.randrange(10**6)}.conf"] = "[general]\n"


def _other_comment(chance: random.Random, files: Texts) -> None:
    """The words of a comment: Asterisk cannot tell."""
    name = _file(chance, {name: text for name, text in files.items() if "\n; " in "\n" + text})
    lines = _lines(files[name])
    at = _line_where(chance, lines, lambda line: line.startswith("; "))
    lines[at] = f"; {chance.getrandbits(32)} {lines[at][2:]}"
    files[name] = "".join(lines)


def _blank_line(chance: random.Random, files: Texts) -> None:
    """Empty lines and spaces at the end of a line: Asterisk cannot tell."""
    name = _file(chance, files)
    lines = _lines(files[name])
    lines.insert(chance.randrange(len(lines) + 1), "\n" * chance.randint(1, 3))
    files[name] = "".join(lines)


TEXT_WAYS: dict[str, TextWay] = {
    "cut at any byte": _cut,
    "emptied": _emptied,
    "file deleted": _deleted,
    "line removed": _of_a_line(_remove),
    "line doubled": _of_a_line(_double),
    "lines swapped": _of_a_line(_swap),
    "name changed": _of_lines_like(r"\[([^\]]+)\]|(?!)", 1),
    "value changed": _of_lines_like(r"[a-z_-]+ ?=>? ?(.+)", 1),
    "priority changed": _of_lines_like(r"(?:exten|same) => (?:[^,]+,)?([0-9n]+(?:\([^)]*\))?),", 1),
    "application changed": _of_lines_like(r"(?:exten|same) => (?:[^,]+,)?[0-9n]+(?:\([^)]*\))?,([A-Za-z]+)\(", 1),
    "unknown option": _unknown_option,
    "junk inserted": _of_a_line(_put_junk),
    "comment opened (;--)": _of_a_line(_open_comment),
    "NUL inserted": _of_a_line(_put_nul),
    "section left open": _open_section,
    "include broken": _break_include,
    "include of nothing": _of_a_line(_put_include),
    "section removed": _sections_changed(_remove),
    "section doubled": _sections_changed(_double),
    "sections swapped": _sections_changed(_swap_sections),
    "section added": _add_section,
    "members inserted": _add_members,
    "two files exchanged": _exchange,
    "other line ends": _other_line_ends,
    "byte order mark": _mark_of_bytes,
    "file added": _added_file,
    "comment's words": _other_comment,
    "blank lines": _blank_line,
}


# --- ways of the disk -------------------------------------------------------------------------------------------------


def _any_path(chance: random.Random, folder: Path) -> Path:
    return folder / _file(chance, texts_in(folder))


def _bits_flipped(chance: random.Random, folder: Path) -> None:
    path = _any_path(chance, folder)
    content = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 3)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _block_of_zeros(chance: random.Random, folder: Path) -> None:
    path = _any_path(chance, folder)
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.choice((16, 512, 4096)))
    content[start:end] = bytes(end - start)
    path.write_bytes(content)


def _a_folder(chance: random.Random, folder: Path) -> None:
    path = _any_path(chance, folder)
    path.unlink()
    path.mkdir()
    if chance.random() < 0.5:
        (path / "inside.conf").write_text("[x]\n")


def _a_link(chance: random.Random, folder: Path) -> None:
    path = _any_path(chance, folder)
    content = path.read_bytes()
    path.unlink()
    match chance.randrange(4):
        case 0:
            path.symlink_to("/nowhere/at/all.conf")
        case 1:
            path.symlink_to(_any_path(chance, folder).name)
        case 2:
            path.symlink_to(path.name)
        case _:
            (folder / f".{path.name}.moved").write_bytes(content)
            path.symlink_to(f".{path.name}.moved")


def _other_rights(chance: random.Random, folder: Path) -> None:
    """Nobody's to read, or everybody's to write. Who is root reads on."""
    _any_path(chance, folder).chmod(chance.choice((0o000, 0o200, 0o666, 0o777)))


def _record_damaged(chance: random.Random, folder: Path) -> None:
    path = folder / "generation.json"
    text = path.read_text(encoding="utf-8")
    at = chance.randrange(len(text))
    path.write_text(chance.choice((text[:at], "", text[:at] + "x" + text[at + 1 :])), encoding="utf-8")


def _led_elsewhere(chance: random.Random, folder: Path) -> None:
    """`current` leads to the generation before: what was switched is not what Asterisk reads."""
    link = folder.parent.parent / "current"
    others = [
        each
        for each in folder.parent.iterdir()
        if each.is_dir() and each.name.isdecimal() and int(each.name) < int(folder.name)
    ]
    target = min(others, key=lambda each: int(each.name))
    link.unlink()
    link.symlink_to(f"generations/{target.name}")


def _folder_gone(chance: random.Random, folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


DISK_WAYS: dict[str, DiskWay] = {
    "bits flipped": _bits_flipped,
    "block of zeros": _block_of_zeros,
    "folder in its place": _a_folder,
    "link in its place": _a_link,
    "other rights": _other_rights,
    "record damaged": _record_damaged,
    "current led elsewhere": _led_elsewhere,
    "generation's files gone": _folder_gone,
}

KINDS = (*TEXT_WAYS, *DISK_WAYS)
