"""The company file's JSON Schema (2020-12), by which editors complete and check while one types."""

from collections.abc import Iterator
from typing import Any

from agi.flow.nodes import LANGUAGE
from cordboard.documents.inputs import CompanyFile, WrittenSpeech
from cordboard.documents.items import Item
from cordboard.documents.places import WrittenPlace
from cordboard.documents.source import OWN

_NAME_MAPS = ("properties", "patternProperties", "$defs")
_UNSAID = ("title", "default", "propertyNames", "discriminator")


def schema() -> dict[str, Any]:
    """What shapes can tell; references between items are checked at the import alone."""
    made = CompanyFile.model_json_schema()
    made["patternProperties"] = {f"^{OWN}": {"description": "The author's own: a place for anchors"}}
    models = {model.__name__: model for model in _below(Item)}
    for name, shape in {CompanyFile.__name__: made, **made["$defs"]}.items():
        if name in models:
            _complete(shape, models[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cordboard company file",
        **_plain(made),
    }


def _below(model: type[Item]) -> Iterator[type[Item]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)


def _complete(shape: dict[str, Any], model: type[Item]) -> None:
    """Add what the models say in other ways than by types: needed parts, exactly one place, languages as keys."""
    if model.needed:
        shape["required"] = [model.model_fields[name].alias or name for name in model.needed]
    if issubclass(model, WrittenPlace):
        shape["oneOf"] = [{"required": [name]} for name in model.places()]
    if issubclass(model, WrittenSpeech):
        shape["anyOf"] = [{"required": [name]} for name in model.model_fields]
    if model.model_config.get("extra") == "allow":
        shape["patternProperties"] = {f"^(?:{LANGUAGE.pattern})$": shape.pop("additionalProperties")}


def _is_null(shape: Any) -> bool:
    """Is it a key that must not be written?"""
    return isinstance(shape, dict) and shape.get("type") == "null"


def _plain(shape: Any) -> Any:
    """The same said shorter, without null: to leave a key out is the one way to say nothing."""
    if isinstance(shape, list):
        return [_plain(part) for part in shape]
    if not isinstance(shape, dict):
        return shape
    choices = [choice for choice in shape.get("anyOf", ()) if choice != {"type": "null"}]
    said = {name: part for name, part in shape.items() if name not in _UNSAID and name != "anyOf"}
    if len(choices) == 1:
        said = choices[0] | said
    elif choices:
        said["anyOf"] = choices
    plain = {
        name: {key: _plain(below) for key, below in part.items() if not _is_null(below)}
        if name in _NAME_MAPS
        else _plain(part)
        for name, part in said.items()
        if name not in _UNSAID
    }
    if "patternProperties" in plain:
        plain["additionalProperties"] = False
    return plain
