"""What leads out of the documents: transfers, to places of the company and to numbers outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cordboard.voicexml import expressions
from cordboard.voicexml.executable import EXIT, Executable
from cordboard.voicexml.here import Here
from cordboard.voicexml.made import OUT, Way
from cordboard.voicexml.tree import Element

RING = (5, 120)
"""Seconds that a number outside rings."""
NOT_ANSWERED = ("busy", "noanswer", "network_busy", "network_disconnect")
"""What may come of a transfer to somebody who is not reached."""
_FAILED = frozenset((*NOT_ANSWERED, "maxtime_disconnect", "unknown"))
_COMING_BACK = ("bridge", "consultation")


class Leading:
    def __init__(self, executable: Executable) -> None:
        self._executable = executable
        self._work = executable.work
        self._findings = executable.work.findings

    def transfer(self, here: Here, after: Way) -> Way:
        """An item `transfer`: who is transferred has left the menus."""
        transfer = here.element
        uri = transfer.take("dest") or expressions.literal(transfer.take("destexpr")) or ""
        comes_back = transfer.take("bridge", "false") == "true"
        comes_back |= transfer.take("type", "blind") in _COMING_BACK
        if comes_back and after is not EXIT:
            what = "goes on in the form when the call is over, which no call does that left the menus"
            self._findings.note(transfer, what, "Say in the queue where its callers go in the end")
        place = self._executable.place(uri) if uri else None
        if place is not None and "external" in place:
            way = self._outside(here, place["external"])
        else:
            way = self._inside(transfer, place)
        return self._executable.led(self._executable.speaker.parts(transfer), way, here)

    def _inside(self, transfer: Element, place: Mapping[str, str] | None) -> Way:
        for filled in transfer.children("filled"):
            what = "is done when the call comes back, which no call does that left the menus"
            self._findings.of_element(filled, what, "Say in the queue where its callers go in the end")
        if place is not None:
            return Way(place)
        attribute = "dest" if "dest" in transfer.attributes else "destexpr"
        cure = "Callers are hung up on; say --place URI=KIND:ID for who takes them"
        self._findings.of_attribute(transfer, attribute, "is nobody of the company", cure)
        return OUT

    def _outside(self, here: Here, number: str) -> Way:
        """A number outside; with what becomes of callers who are not answered, if that is said."""
        ring = self._work.time(here.element, "connecttimeout", *RING)
        every = here.element.children("filled")
        if not every and ring is None:
            return Way({"external": number})
        failure = self._failure(here, every) if every else OUT
        rings = {} if ring is None else {"ring": round(ring)}
        return self._executable.step(here, "external", number=number, failure=failure, **rings)

    def _failure(self, here: Here, every: Sequence[Element]) -> Way:
        """Where callers go who are not answered: what an `if` of the outcome leads to."""
        heads = [each for each in every[0].children() if each.name != "log"]
        missing = _missing(heads[0], here.element) if len(every) == len(heads) == 1 else None
        if missing is None:
            cure = "Say by failure of the step where callers go who are not answered"
            for each in every:
                self._findings.of_element(each, "is done when the call comes back", cure)
            return OUT
        every[0].enter()
        head = heads[0].enter()
        head.is_text_taken = True
        if missing:
            what = f"leaves out {', '.join(sorted(missing))}"
            self._findings.note(head, what, "Callers go the same way whyever they are not answered")
        return self._executable.led(head.parts, OUT, here)


def _missing(head: Element, transfer: Element) -> frozenset[str] | None:
    """The outcomes that a condition leaves out; None: it is not about who is not answered."""
    asked = expressions.comparison(head.take("cond")) if head.name == "if" else None
    if asked is None or asked.name != transfer.attributes.get("name", "").strip() or asked.is_denied:
        return None
    if not asked.values or not _FAILED.issuperset(asked.values) or head.children("else", "elseif"):
        return None
    return frozenset(NOT_ANSWERED).difference(asked.values)
