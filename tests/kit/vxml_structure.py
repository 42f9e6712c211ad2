"""The structure of VoiceXML 2.1 documents as its DTD has it, of the elements that are written here: what each may hold,
and its attributes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

SPOKEN = {"#text", "audio", "value", "enumerate"}
SENTENCE = {"#text", "audio", "value", "break", "emphasis", "mark", "phoneme", "prosody", "say-as", "voice", "sub"}
HANDLERS = {"catch", "help", "noinput", "nomatch", "error"}
DONE = SPOKEN | {
    *("assign", "clear", "data", "disconnect", "exit", "foreach", "goto", "if", "log", "prompt", "reprompt", "return"),
    *("script", "submit", "throw", "var"),
}
RULE = {"#text", "token", "ruleref", "item", "one-of", "tag"}
# element -> what it holds, its attributes; those that it must have end with !
ELEMENTS: dict[str, tuple[set[str], set[str]]] = {
    "vxml": (
        HANDLERS | {"data", "form", "link", "menu", "meta", "metadata", "property", "script", "var"},
        {"application", "xml:base", "xml:lang", "version!"},
    ),
    "menu": (SPOKEN | HANDLERS | {"choice", "prompt", "property"}, {"id", "scope", "accept", "dtmf"}),
    "choice": ({"#text", "grammar"}, {"accept", "dtmf", "event", "expr", "next"}),
    "form": (
        HANDLERS
        | {"block", "data", "field", "filled", "grammar", "initial", "link", "object", "property", "record", "script"}
        | {"subdialog", "transfer", "var"},
        {"id", "scope"},
    ),
    "block": (DONE, {"name", "expr", "cond"}),
    "field": (
        SPOKEN | HANDLERS | {"filled", "grammar", "link", "option", "prompt", "property"},
        {"name", "expr", "cond", "type", "slot", "modal"},
    ),
    "record": (
        SPOKEN | HANDLERS | {"filled", "grammar", "prompt", "property"},
        {"name", "expr", "cond", "modal", "type", "beep", "maxtime", "finalsilence", "dtmfterm"},
    ),
    "transfer": (
        SPOKEN | HANDLERS | {"filled", "grammar", "prompt", "property"},
        {"name", "expr", "cond", "dest", "destexpr", "bridge", "type", "connecttimeout", "maxtime", "transferaudio"},
    ),
    "filled": (DONE, {"mode", "namelist"}),
    "noinput": (DONE, {"count", "cond"}),
    "nomatch": (DONE, {"count", "cond"}),
    "prompt": (SENTENCE | {"p", "s", "enumerate"}, {"bargein", "bargeintype", "cond", "count", "timeout", "xml:lang"}),
    "audio": (SENTENCE | {"p", "s"}, {"src", "expr", "fetchhint", "fetchtimeout"}),
    "say-as": ({"#text", "value"}, {"interpret-as!", "format", "detail"}),
    "value": (set(), {"expr!"}),
    "property": (set(), {"name!", "value!"}),
    "var": (set(), {"name!", "expr"}),
    "assign": (set(), {"name!", "expr!"}),
    "goto": (set(), {"next", "expr", "nextitem", "expritem"}),
    "reprompt": (set(), set()),
    "exit": (set(), {"expr", "namelist"}),
    "disconnect": (set(), {"namelist"}),
    "if": (DONE | {"elseif", "else"}, {"cond!"}),
    "elseif": (set(), {"cond!"}),
    "else": (set(), set()),
    "grammar": ({"rule"}, {"version!", "mode", "root", "xml:lang"}),
    "rule": (RULE, {"id!", "scope"}),
    "one-of": ({"item"}, {"xml:lang"}),
    "item": (RULE, {"repeat", "weight"}),
    "ruleref": (set(), {"uri", "special"}),
}
_XML = "{http://www.w3.org/XML/1998/namespace}"
_SPACES = {"grammar": "{http://www.w3.org/2001/06/grammar}"}


def faults_in(root: Element) -> list[str]:
    """Everything about a document that its DTD does not have; ids that stand there twice, and ways to none."""
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    found = list(_faults(root, "{http://www.w3.org/2001/vxml}"))
    found += [f"two elements are called {name}" for name in set(ids) if ids.count(name) > 1]
    ways = [element.attrib["next"] for element in root.iter() if "next" in element.attrib]
    return found + [f"{way} is no dialog" for way in ways if way.removeprefix("#") not in ids]


def _faults(element: Element, space: str) -> Iterator[str]:
    name = element.tag.rpartition("}")[2]
    space = _SPACES.get(name, space)
    if element.tag != f"{space}{name}" or name not in ELEMENTS:
        yield f"{element.tag} is no element"
        return
    holds, attributes = ELEMENTS[name]
    given = {each.replace(_XML, "xml:") for each in element.attrib}
    known = {each.removesuffix("!") for each in attributes}
    yield from (f"{name} has no attribute {each}" for each in given - known)
    yield from (f"{name} lacks {each}" for each in attributes if each.endswith("!") and each[:-1] not in given)
    texts = [element.text, *(child.tail for child in element)]
    if "#text" not in holds and any(text and text.strip() for text in texts):
        yield f"{name} holds text"
    for child in element:
        if child.tag.rpartition("}")[2] not in holds:
            yield f"{name} holds {child.tag}"
        yield from _faults(child, space)
    if name in ("goto", "choice") and len(given & {"next", "expr", "event", "nextitem", "expritem"}) != 1:
        yield f"{name} leads to {sorted(given)}"
    if name == "transfer" and len(given & {"dest", "destexpr"}) != 1:
        yield "transfer has no destination"
