"""Asterisk's own files as Asterisk reads them, each value with its file and line.

Sections with templates and inheritance (`[201](phone)`, `[phone](!)`, `[201](+)`), options (`=`, `=>`, `+=`), comments
(`;`, `\\;`, `;-- ... --;`), `#include` and `#tryinclude` with patterns. What Asterisk would refuse is told as a fault
and the rest is read all the same: whoever adopts wants to know all of it. Nothing outside the folder is read but what
links in it lead to (FreePBX's files are such links), and nothing is ever run: `#exec` is a fault.
"""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

MOST_DEPTH = 10
"""Includes inside includes: Asterisk's own limit."""
MOST_FILES = 1000
MOST_BYTES = 32 << 20
"""Of all files that one file brings in."""
MOST_OPTIONS = 1_000_000
"""With those that sections inherit: templates of templates may grow without end."""
LONGEST_LINE = 8190
"""Bytes that Asterisk reads of a line; it drops a longer one."""

_BLANKS = "".join(map(chr, range(1, 33)))
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]*)\s*(.*)", re.DOTALL)
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file; the file is named from the folder on: `pjsip.conf`, `pjsip.d/phones.conf`. What the running
    Asterisk said has its question for a file and no line: 0 and below."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line > 0 else self.file


@dataclass(frozen=True, slots=True)
class Option:
    """`name = value`. `places`: the line it stands in, and those of the `+=` that went on with it. An option of a
    template stands, with the template's lines, in each section that inherits it."""

    name: str
    value: str
    places: tuple[Place, ...]
    is_inherited: bool = False

    @property
    def place(self) -> Place:
        return self.places[0]


@dataclass(slots=True)
class Section:
    """`[name]`, with what it inherits first. Sections of one name stay apart, as Asterisk keeps them."""

    name: str
    place: Place
    is_template: bool = False
    options: list[Option] = field(default_factory=list)

    def last(self, name: str) -> Option | None:
        """The option of this name that counts: the last one. Names are compared without case."""
        wanted = name.lower()
        return next((option for option in reversed(self.options) if option.name.lower() == wanted), None)

    def every(self, name: str) -> list[Option]:
        """All options of this name, in order."""
        wanted = name.lower()
        return [option for option in self.options if option.name.lower() == wanted]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that Asterisk does not understand, or that is not read here. `is_fatal`: for it Asterisk refuses the
    whole file, or, in an included one, reads no further in that."""

    place: Place
    what: str
    cure: str
    is_fatal: bool = False


@dataclass(frozen=True, slots=True)
class Conf:
    """A file of Asterisk with all that it includes. `files`: those that were read, in order; none: it is not there."""

    name: str
    sections: tuple[Section, ...] = ()
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool:
        return bool(self.files)

    @property
    def is_refused(self) -> bool:
        """Does Asterisk refuse to load it?"""
        return any(fault.is_fatal and fault.place.file == self.name for fault in self.faults)


def is_yes(value: str) -> bool:
    """What Asterisk takes for a yes; case does not matter."""
    return value.lower() in ("yes", "true", "1", "on", "y", "t")


def read_conf(folder: Path, name: str) -> Conf:
    """Read a file of a configuration folder. One that is not there is empty. Raises OSError for one that cannot be
    read."""
    reader = _Reader(folder)
    if (folder / name).is_file():
        reader.file(name, 0)
    return Conf(name, tuple(reader.sections), tuple(reader.faults), tuple(reader.files))


class _TooMuchError(Exception):
    """A limit was met: the rest is not read."""


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.sections: list[Section] = []
        self.faults: list[Fault] = []
        self.files: list[str] = []
        self._folder = Path(os.path.abspath(folder))
        self._section: Section | None = None
        # An included file goes on with the section that was opened last, be it in a file that ended; the file that
        # includes it goes on with its own.
        self._latest: Section | None = None
        self._by_name: dict[str, list[Section]] = {}
        self._bytes = 0
        self._options = 0

    def file(self, name: str, depth: int) -> None:
        """Read one file and what it includes."""
        try:
            self._lines(name, depth)
        except _TooMuchError:
            if depth:
                raise

    def _lines(self, name: str, depth: int) -> None:
        with (self._folder / name).open("rb") as file:
            content = file.read(MOST_BYTES - self._bytes + 1)
        self.files.append(name)
        self._bytes += len(content)
        if self._bytes > MOST_BYTES or len(self.files) > MOST_FILES:
            self._fault(
                Place(name, 1), "there is more than can be read", "Adopt a part of it at a time", is_fatal=False
            )
            raise _TooMuchError
        comments = _Comments()
        for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            place = Place(name, number)
            line = comments.strip(self._decoded(raw, place), number)
            if line is not None and (text := line.strip(_BLANKS)):
                self._line(text, place, depth)
        if comments.is_open:
            what = "from here on all is comment: a ;-- or --; stands alone"
            self._fault(Place(name, comments.began), what, "Write both, or neither")

    def _decoded(self, raw: bytes, place: Place) -> str:
        if len(raw) > LONGEST_LINE:
            self._fault(place, "the line is too long: Asterisk drops it", "Shorten it")
            return ""
        if b"\0" in raw:
            self._fault(place, "a NUL: Asterisk reads the line up to it", "Take it out")
            raw = raw.partition(b"\0")[0]
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._fault(place, "is not UTF-8, and was read as Latin-1", "Look at the accents")
            return raw.decode("latin-1")

    def _fault(self, place: Place, what: str, cure: str, *, is_fatal: bool = False) -> None:
        self.faults.append(Fault(place, what, cure, is_fatal))

    # ----- a line

    def _line(self, text: str, place: Place, depth: int) -> None:
        if text.startswith("["):
            self._open(text, place)
        elif text.startswith("#"):
            self._directive(text, place, depth)
        elif self._section is None:
            self._fault(
                place, "stands in no section: Asterisk refuses the file", "Put a [section] above", is_fatal=True
            )
        elif "=" not in text:
            self._fault(place, f'"{_begin(text)}" has no "=": Asterisk passes over it', "Mend the line or take it out")
        else:
            self._option(self._section, text.removeprefix("\\"), place)

    def _open(self, text: str, place: Place) -> None:
        name, bracket, rest = text[1:].partition("]")
        if not bracket:
            self._fault(place, 'a section without "]": Asterisk refuses the file', "Close the bracket", is_fatal=True)
            self._section = self._latest = self._new(name.strip(_BLANKS), place)
            return
        words: list[str] = []
        if rest.startswith("("):
            inside, bracket, _ = rest[1:].partition(")")
            if not bracket:
                what = 'a section without ")": Asterisk refuses the file'
                self._fault(place, what, "Close the bracket", is_fatal=True)
            words = [word.strip(_BLANKS) for word in inside.split(",")]
        plus = next((word for word in words if word.startswith("+")), None)
        section = self._to_go_on(name, plus[1:], place) if plus is not None else None
        self._section = self._latest = section or self._new(name, place)
        for word in words:
            if word == "!":
                self._section.is_template = True
            elif word and not word.startswith("+"):
                self._inherit(self._section, word, place)

    def _new(self, name: str, place: Place) -> Section:
        section = Section(name, place)
        self.sections.append(section)
        self._by_name.setdefault(name.lower(), []).append(section)
        return section

    def _to_go_on(self, name: str, wanted: str, place: Place) -> Section | None:
        """The section that `[name](+)` goes on with; `(+option=value)` says which of several, `TEMPLATES=` of which
        kind."""
        found = self._by_name.get(name.lower(), [])
        conditions = [part.partition("=")[::2] for part in wanted.split("&") if part]
        kind = next((value for key, value in conditions if key.upper() == "TEMPLATES"), "exclude")
        patterns = [(key, value) for key, value in conditions if key.upper() != "TEMPLATES"]
        for section in found:
            if section.is_template == (kind == "exclude") and kind != "include":
                continue
            if all((option := section.last(key)) and _meets(option.value, value) for key, value in patterns):
                return section
        self._fault(
            place, f"no section [{name}] to go on with: Asterisk refuses the file", "Write it without +", is_fatal=True
        )
        return None

    def _inherit(self, section: Section, word: str, place: Place) -> None:
        bases = self._by_name.get(word.lower(), [])
        base = next((base for base in bases if base is not section), None)
        if base is None:
            self._fault(
                place,
                f"there is no template [{word}] above: Asterisk refuses the file",
                "Put the template first",
                is_fatal=True,
            )
            return
        for option in list(base.options):
            self._add(section, Option(option.name, option.value, option.places, is_inherited=True))

    def _option(self, section: Section, text: str, place: Place) -> None:
        name, _, value = text.partition("=")
        is_more = name.endswith("+") and len(name) > 1
        name = (name[:-1] if is_more else name).strip(_BLANKS)
        if not name:
            self._fault(place, "has no name: Asterisk passes over it", "Mend the line or take it out")
            return
        if is_more and (before := next((one for one in reversed(section.options) if one.name == name), None)):
            self._go_on(section, before, value, place)
            return
        if not is_more:
            value = value.removeprefix(">")
        self._add(section, Option(name, value.strip(_BLANKS), (place,)))

    def _go_on(self, section: Section, last: Option, value: str, place: Place) -> None:
        """`name += value`: added to the last value of the name, and put where that value stands first."""
        for position, option in enumerate(section.options):
            has_value = not last.value or option.value.lower() == last.value.lower()
            if option.name.lower() == last.name.lower() and has_value:
                places = tuple(dict.fromkeys((*option.places, *last.places, place)))
                section.options[position] = Option(option.name, (last.value + value).strip(_BLANKS), places)
                return

    def _add(self, section: Section, option: Option) -> None:
        self._options += 1
        if self._options > MOST_OPTIONS:
            self._fault(option.place, "there is more than can be read", "Adopt a part of it at a time")
            raise _TooMuchError
        section.options.append(option)

    # ----- other files

    def _directive(self, text: str, place: Place, depth: int) -> None:
        found = _DIRECTIVE.fullmatch(text)
        directive, argument = (found[1].lower(), found[2]) if found else ("", "")
        argument = _unquoted(argument)
        if directive == "exec":
            what = f"#exec {_word(argument)} was not run"
            self._fault(place, what, "Write its output into a file and include that")
        elif directive not in ("include", "tryinclude") or not argument:
            what = f'"{_word(text)}" is no directive: Asterisk passes over it'
            self._fault(place, what, "Mend the line or take it out")
        elif depth >= MOST_DEPTH:
            what = f"includes go deeper than {MOST_DEPTH}: Asterisk refuses the file"
            self._fault(place, what, "Flatten them", is_fatal=True)
        else:
            self._include(argument, place, depth, is_needed=directive == "include")

    def _include(self, argument: str, place: Place, depth: int, *, is_needed: bool) -> None:
        names = self._named(argument)
        if names is None:
            self._fault(place, f'"{argument}" is outside the folder and was not read', "Copy it into the folder")
            return
        section, self._section = self._section, self._latest
        for name in names:
            try:
                self.file(name, depth + 1)
            except OSError as error:
                self._fault(place, f'"{name}" cannot be read: {error.strerror}', "Look at the rights of the file")
        self._section = section
        if not names and is_needed:
            what = f'there is no "{argument}": Asterisk refuses the file'
            self._fault(place, what, "Mend the name, or write #tryinclude", is_fatal=True)

    def _named(self, argument: str) -> list[str] | None:
        """The files of an include, from the folder on and in Asterisk's order; None if they are outside."""
        pattern = os.path.normpath(self._folder / argument)
        if not pattern.startswith(f"{self._folder}{os.sep}"):
            return None
        relative = os.path.relpath(pattern, self._folder)
        if not _MAGIC.search(relative):
            return [relative] if os.path.isfile(pattern) else []
        found = sorted(glob.glob(relative, root_dir=self._folder))
        return [name for name in found if os.path.isfile(self._folder / name)]


class _Comments:
    """Takes comments out of the lines of one file.

    Asterisk counts: `;--` is one more, `--;` one less, and whatever the count is not 0 for is comment. So a `--;` that
    ends nothing takes the rest of the file away."""

    def __init__(self) -> None:
        self._count = 0
        self.began = 0
        """The line since which all is comment."""

    @property
    def is_open(self) -> bool:
        return self._count != 0

    def strip(self, line: str, number: int) -> str | None:
        """What Asterisk sees of a line; None for one that is all comment."""
        kept: list[str] | None = None if self._count else []
        is_kept = kept is not None
        start = past = 0
        while (at := line.find(";", past)) >= 0:
            if at > past and line[at - 1] == "\\":
                if is_kept and kept is not None:
                    kept.append(line[start : at - 1] + ";")
                start = past = at + 1
            elif line.startswith("--", at + 1) and line[at + 3 : at + 4] != "-":
                if is_kept and kept is not None:
                    kept.append(line[start:at])
                is_kept = False
                past = at + 3
                self._change(+1, number)
            elif at >= past + 2 and line[at - 2 : at] == "--":
                past = at + 1
                self._change(-1, number)
                if not self._count:
                    kept, is_kept, start = kept or [], True, past
            elif not self._count:
                if is_kept and kept is not None:
                    kept.append(line[start:at])
                is_kept = False
                break
            else:
                past = at + 1
        if is_kept and kept is not None:
            kept.append(line[start:])
        return None if kept is None else "".join(kept)

    def _change(self, by: int, number: int) -> None:
        if not self._count:
            self.began = number
        self._count += by


def _unquoted(argument: str) -> str:
    argument = argument.strip(_BLANKS)
    for quotes in ('""', "<>"):
        if argument[:1] == quotes[0] and argument[-1:] == quotes[1]:
            return argument[1:-1]
    return argument


def _word(text: str) -> str:
    """The first word of a line that was not understood: the rest may be a password."""
    first, *rest = text.split() or [""]
    return f"{first} …" if rest else first


def _begin(text: str) -> str:
    """The name that such a line begins with; none of a line that is one word, for that may be a password itself."""
    found = re.match(r"[\w-]+(?=[\s:,])", text)
    return f"{found[0]} …" if found else "…"


def _meets(value: str, pattern: str) -> bool:
    """Whether a value meets the condition of `(+option=pattern)`: the text, or a regular expression if it is one."""
    if value == pattern:
        return True
    try:
        return bool(re.search(pattern, value))
    except re.error:
        return False
