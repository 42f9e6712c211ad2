"""XML text -> elements with their lines. The only reader of XML.

This is expat as Python brings it, and not a parser that builds a document by itself: entities and an inner DTD are
refused where they are declared, before anything could be multiplied by them, and nothing outside is ever fetched. A
DOCTYPE that only names the DTD of VoiceXML is common, and harmless: it is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from cordboard.documents import Problem
from cordboard.documents.problems import shown
from cordboard.voicexml.errors import NotRead

MOST_BYTES = 2_000_000
MOST_ELEMENTS = 20_000
"""Of all documents together."""
DEEPEST = 40
VXML = "http://www.w3.org/2001/vxml"
GRAMMAR = "http://www.w3.org/2001/06/grammar"
_XML = "http://www.w3.org/XML/1998/namespace"
_KNOWN = ("", VXML, GRAMMAR)
_BETWEEN = " "
_VERSIONS = ("2.0", "2.1")


@dataclass(slots=True, eq=False)
class Element:
    """An element with what is in it: elements, and texts between them. Who makes something of a part takes it; who
    cannot tells it."""

    name: str
    file: str
    line: int
    attributes: dict[str, str]
    parts: list[Element | str] = field(default_factory=list)
    above: Element | None = None
    is_taken: bool = False
    is_text_taken: bool = False
    is_told: bool = False
    """Told with all that is in it."""
    taken: set[str] = field(default_factory=set)
    """Attributes of which something was made, or that were told."""
    _named: dict[str, list[Element]] | None = None

    def take(self, name: str, default: str = "") -> str:
        """An attribute's value, without blanks around it."""
        self.taken.add(name)
        return self.attributes.get(name, default).strip()

    def enter(self) -> Element:
        """Something is made of the element; its attributes and parts are taken one by one."""
        self.is_taken = True
        return self

    def children(self, *names: str) -> list[Element]:
        """Elements in it, of these names if any are given. Nothing is added once it was asked."""
        if self._named is None:
            self._named = {}
            for part in self.parts:
                if isinstance(part, Element):
                    self._named.setdefault(part.name, []).append(part)
        if not names:
            return [part for part in self.parts if isinstance(part, Element)]
        if len(names) == 1:
            return self._named.get(names[0], [])
        return (
            [part for part in self.parts if isinstance(part, Element) and part.name in names]
            if self._named.keys() & set(names)
            else []
        )

    def texts(self) -> str:
        """The text in it alone, without that of its elements, on one line. It is taken."""
        self.is_text_taken = True
        return " ".join(" ".join(part for part in self.parts if isinstance(part, str)).split())

    @property
    def has_text(self) -> bool:
        return any(isinstance(part, str) and part.strip() for part in self.parts)


def read_documents(files: Sequence[tuple[str, bytes]]) -> Mapping[str, Element]:
    """Name -> root, in this order. Raises: NotRead, with what is wrong with each."""
    roots: dict[str, Element] = {}
    problems: list[Problem] = []
    left = MOST_ELEMENTS
    for name, content in files:
        try:
            builder = _Builder(name, left)
            roots[name] = builder.read(content)
            left -= builder.elements
        except _Refused as refused:
            problems.append(Problem(name, refused.line, "", refused.what, refused.cure))
    if problems:
        raise NotRead(problems)
    return roots


def descendants(element: Element) -> Iterator[Element]:
    """Itself and everything in it, in the order of the document."""
    yield element
    for child in element.children():
        yield from descendants(child)


class _Refused(Exception):
    def __init__(self, line: int, what: str, cure: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what
        self.cure = cure


class _Builder:
    def __init__(self, file: str, most: int) -> None:
        self._file = file
        self._most = most
        self._open: list[Element] = []
        self._root: Element | None = None
        self.elements = 0
        parser = expat.ParserCreate(namespace_separator=_BETWEEN)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._parser = parser

    def read(self, content: bytes) -> Element:
        if len(content) > MOST_BYTES:
            raise _Refused(1, f"is larger than {MOST_BYTES // 1000} kB", "Split it into several documents")
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError as error:
            raise _Refused(error.lineno, f"is not XML: {expat.ErrorString(error.code)}", "Mend it there") from error
        except (LookupError, ValueError) as error:
            raise _Refused(1, f"is not XML: {shown(error)}", "Write it in UTF-8") from error
        assert self._root is not None
        if self._root.name != "vxml":
            raise _Refused(self._root.line, "is no document of VoiceXML", "Its outermost element is vxml")
        if (version := self._root.take("version")) not in _VERSIONS:
            what = f'says version "{shown(version)}"'
            raise _Refused(self._root.line, what, f"VoiceXML {' and '.join(_VERSIONS)} are read")
        return self._root

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _doctype(self, name: str, system: str | None, public: str | None, has_inner: int) -> None:
        if has_inner:
            raise _Refused(self._line, "declares a DTD of its own", "Take out what stands between [ and ]")

    def _entity(self, name: str, *_: object) -> None:
        raise _Refused(self._line, f'declares the entity "{shown(name)}"', "Write what it stands for")

    def _skipped(self, name: str, is_parameter: bool) -> None:
        raise _Refused(self._line, f'holds the entity "{shown(name)}", which is not known', "Write what it stands for")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > self._most:
            what = f"has too many elements: more than {MOST_ELEMENTS}, all documents together"
            raise _Refused(self._line, what, "Read them one after the other")
        if len(self._open) >= DEEPEST:
            raise _Refused(self._line, "is nested too deeply", f"Nothing is read that is deeper than {DEEPEST} levels")
        above = self._open[-1] if self._open else None
        named = {_attribute(each): value for each, value in attributes.items()}
        element = Element(_plain(name), self._file, self._line, named, above=above)
        if above is None:
            self._root = element
        else:
            above.parts.append(element)
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].parts.append(text)


def _plain(name: str) -> str:
    """A name of VoiceXML or of its grammars without their namespace; one of another keeps it, and so is not known."""
    space, _, local = name.rpartition(_BETWEEN)
    return local if space in _KNOWN else f"{{{space}}}{local}"


def _attribute(name: str) -> str:
    space, _, local = name.rpartition(_BETWEEN)
    if not space:
        return local
    return f"xml:{local}" if space == _XML else f"{{{space}}}{local}"
