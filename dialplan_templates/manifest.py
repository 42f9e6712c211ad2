"""What Asterisk must show once a generation is loaded, object by object, read from the generated text itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of an extension, as AMI's ShowDialPlan prints it."""

    priority: int
    application: str
    data: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The objects of one generation. Names are those that Asterisk itself prints."""

    generation: int
    digest: str
    """What the marker context `cordboard-generation-N` must say: sha256 over all objects and options."""
    files: Mapping[str, str]
    """File name -> sha256 of its bytes."""
    contexts: Mapping[str, Mapping[str, tuple[Step, ...]]]
    """Context -> extension -> steps in order of priority (ShowDialPlan)."""
    endpoints: Mapping[str, Mapping[str, str]]
    """Endpoint -> options as written (PJSIPShowEndpoint prints them under other spellings for yes and no)."""
    aors: Mapping[str, Mapping[str, str]]
    auths: frozenset[str]
    identifies: Mapping[str, Mapping[str, str]]
    queues: Mapping[str, Mapping[str, str]]
    """Queue -> headers of its QueueParams event that the file decides (Strategy, Max, Weight, ...)."""
    rules: Mapping[str, tuple[str, ...]]
    """Queue rule -> its `penaltychange` values."""
    mailboxes: Mapping[tuple[str, str], Mapping[str, str]]
    """(context, box) -> Fullname and Email (VoicemailUsersList)."""
    musics: frozenset[str]

    def to_json(self) -> dict[str, object]:
        """A plain dict of this manifest, for keeping."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Manifest:
        """The manifest that `to_json` gave."""
        raise NotImplementedError


def manifest(files: Mapping[str, str]) -> Manifest:
    """Read a generation's files (name -> text, as `render` gives them) back into the objects they define."""
    raise NotImplementedError
