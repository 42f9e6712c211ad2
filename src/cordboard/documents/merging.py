"""The files of one company -> one source: sections put together, nothing said twice."""

from collections.abc import Iterable, Sequence
from typing import Any

from cordboard.documents.margins import FORM, SECRETS
from cordboard.documents.problems import Fault, Path, Spot
from cordboard.documents.source import Budget, Source, read_source
from cordboard.store.values import Comment

HEAD = "company"
NO_FORM = ("is not a form that is read here", "Begin the file with the line: cordboard: 1")


def read_sources(files: Sequence[tuple[str, str | bytes]]) -> Source:
    """The files (what problems call them, what they hold) as if they were one. Never raises."""
    budget = Budget()
    return put_together([read_source(content, name, budget) for name, content in files])


def put_together(sources: Sequence[Source]) -> Source:
    """Files that were read, as if they were one. Never raises."""
    if len(sources) == 1:
        return sources[0]
    names = tuple(source.file for source in sources) or ("company.yaml",)
    whole = Source(names[0], names[1:], data={})
    for source in sources:
        _note_what_it_lacks(source)
        whole.faults += source.faults
    if any(not isinstance(source.data, dict) for source in sources):
        # What the others refer to may stand in the file that could not be read.
        whole.data = None
        return whole
    for source in sources:
        _add(whole, source)
    return whole


def _note_what_it_lacks(source: Source) -> None:
    if isinstance(source.data, dict):
        if source.data.get(FORM) != 1 or source.data[FORM] is True:
            source.faults.append(Fault((FORM,), *NO_FORM, spot=source.spot((FORM,))))
    elif not source.faults:
        cure = "Begin it with the line: cordboard: 1"
        source.faults.append(Fault((), "is not a company file", cure, spot=source.spot(())))


def _add(whole: Source, source: Source) -> None:
    twice: set[Path] = set()
    shift = len(whole.data["blocked"]) if isinstance(whole.data.get("blocked"), list) else 0
    for name, content in source.data.items():
        had = whole.data.get(name)
        if name == FORM or had is None:
            whole.data[name] = content
        elif content is None:
            continue
        elif name != HEAD and isinstance(had, dict) and isinstance(content, dict):
            whole.data[name] = had | {key: part for key, part in content.items() if key not in had}
            twice.update((name, key) for key in content.keys() & had.keys())
        elif isinstance(had, list) and isinstance(content, list):
            whole.data[name] = [*had, *content]
        else:
            twice.add((name,))
    for path in sorted(twice):
        whole.faults.append(_twice(path, whole.spot(path), source.spot(path)))
    _add_places(whole, source, twice, shift)


def _twice(path: Path, first: Spot, second: Spot) -> Fault:
    what = f"is written in {first.file}:{first.line} already"
    return Fault(path, what, "Keep one of the two", spot=second)


def _add_places(whole: Source, source: Source, twice: Iterable[Path], shift: int) -> None:
    """Take over where things stand, what is there already left as it is."""
    refused = frozenset(twice)

    def moved(path: Path) -> Path | None:
        if not refused.isdisjoint((path[:1], path[:2])):
            return None
        if shift and len(path) > 1 and path[0] == "blocked" and isinstance(path[1], int):
            return (path[0], path[1] + shift, *path[2:])
        return path

    def take(had: dict[Path, Any], new: dict[Path, Any]) -> None:
        for path, value in new.items():
            place = moved(path)
            if place is not None:
                had.setdefault(place, value)

    take(whole.spots, source.spots)
    take(whole.texts, source.texts)
    for path, comment in _noted(source).items():
        place = moved(path)
        if place is not None:
            whole.comments[place] = Comment.of((whole.comments.get(place, Comment()), comment))


def _noted(source: Source) -> dict[Path, Comment]:
    """The comments of a file. Head and end of one that has not the company's head are about its sections."""
    comments = dict(source.comments)
    sections = [name for name in source.data if name != FORM]
    if sections == [SECRETS]:
        return {}
    if HEAD in sections or not sections or () not in comments:
        return comments
    whole, first, last = comments.pop(()), (sections[0],), (sections[-1],)
    comments[first] = Comment.of((Comment(before=whole.before), comments.get(first, Comment())))
    comments[last] = Comment.of((comments.get(last, Comment()), Comment(after=whole.after)))
    return {path: comment for path, comment in comments.items() if path != (SECRETS,)}
