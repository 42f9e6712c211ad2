"""What can go wrong with VoiceXML.

    VoiceXmlError
    └── NotRead       a document is no XML, none of VoiceXML, or one that must not be read; each with its line

What a document holds is never an error: what is not understood is a finding.
"""

from collections.abc import Sequence

from cordboard.documents import Problem


class VoiceXmlError(Exception):
    """Root of everything this room raises on purpose."""


class NotRead(VoiceXmlError):
    """Nothing is made of documents of which one cannot be read."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))
