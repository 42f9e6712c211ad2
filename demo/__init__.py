"""`make demo`: a company, a real Asterisk, Cordboard, agents' phones and callers, all on loopback."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMPANY = Path(__file__).with_name("company.yaml")
PROGRAMS = ("espeak-ng", "sox")
"""What says texts. They come with the system, and installing there needs root."""
_TEXT = re.compile(r"\{say: .*\}")


def says_texts() -> bool:
    """Is there here what says the company's texts?"""
    return all(map(shutil.which, PROGRAMS))


def without_texts() -> str:
    """The company file in which a sound of Asterisk stands for each text."""
    return _TEXT.sub("[hello]", COMPANY.read_text(encoding="utf-8"))


@contextmanager
def heard_company() -> Iterator[Path]:
    """The company file; without what says texts, the one without them."""
    if says_texts():
        yield COMPANY
        return
    with tempfile.TemporaryDirectory() as folder:
        company = Path(folder) / COMPANY.name
        company.write_text(without_texts(), encoding="utf-8")
        yield company
