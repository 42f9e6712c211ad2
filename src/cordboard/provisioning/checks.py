"""What is wrong with a configuration, all at once, before anything is written.

reachability    where calls go: every way leads on, and in the end out
staffing        who serves queues
numbering       extensions, DIDs, blocked callers, trunks: each belongs to one
sounds          what callers hear is there, and can be played
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cordboard.provisioning.jumps import jump_problems
from cordboard.provisioning.numbering import numbering_problems
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.reachability import way_problems
from cordboard.provisioning.sounds import Library, closed_problems, sound_problems, spoken_problems
from cordboard.provisioning.sources import Installed, Tenant
from cordboard.provisioning.staffing import staffing_problems
from cordboard.provisioning.steps import steps_of
from cordboard.provisioning.vocabulary import FILE, module_problems, vocabulary_in, word_problems
from dialplan_templates.render import MODULES
from dialplan_templates.views import Mode

__all__ = ["check", "check_files", "library_of"]


def check(tenants: Sequence[Tenant], installed: Installed | None = None, mode: Mode = Mode.OWNED) -> list[PlanProblem]:
    """Every problem of every company, in the company file's own words. `installed`: the Asterisk whose sounds are
    looked at."""
    problems: list[PlanProblem] = []
    library = library_of(installed, mode)
    for tenant in tenants:
        found, heard = way_problems(tenant)
        problems += found
        if library is not None:
            problems += sound_problems(tenant, heard, library)
        elif installed is not None and installed.studio is not None:
            problems += spoken_problems(tenant, heard, installed.studio)
    if library is not None:
        problems += closed_problems(library)
    problems += staffing_problems([tenant.company for tenant in tenants])
    problems += numbering_problems(tenants)
    return problems


def library_of(installed: Installed | None, mode: Mode = Mode.OWNED) -> Library | None:
    """The sounds of this Asterisk; None: they cannot be looked at from here."""
    if installed is None or installed.data is None:
        return None
    # What an Asterisk that is not ours loads is its owner's business: any form may be playable there.
    modules = MODULES.split() if mode is Mode.OWNED else ()
    library = Library(installed.data / "sounds", modules, installed.studio)
    return library if library.is_there else None


def check_files(files: Mapping[str, str], installed: Installed | None = None) -> list[PlanProblem]:
    """Every problem of what was rendered: file name -> text."""
    steps = list(steps_of(files))
    problems = list(jump_problems(steps))
    if installed is not None:
        known = vocabulary_in(installed.data) if installed.data else None
        if known is not None:
            problems += word_problems(files, steps, known)
        problems += _unseen(installed, is_known=known is not None)
        if installed.modules is not None:
            problems += module_problems(files, installed.modules)
    return problems


def _unseen(installed: Installed, *, is_known: bool) -> Iterator[PlanProblem]:
    """What cannot be looked at is told once: what it would show is not proven."""
    if installed.data is None:
        what = "it is not installed where this runs: its words and sounds are not compared with what is generated"
        cure = "set asterisk_home if it is on this machine; a read-back after the apply proves the rest"
        yield PlanProblem("Asterisk", what, cure, is_warning=True)
        return
    if not is_known:
        what = f"{installed.data / FILE} is not there: applications and options are not compared with it"
        yield PlanProblem("Asterisk", what, "install Asterisk's own documentation", is_warning=True)
    if not (installed.data / "sounds").is_dir():
        what = f"{installed.data / 'sounds'} is not there: whether sounds can be played is not looked at"
        yield PlanProblem("Asterisk", what, "install a set of sounds", is_warning=True)
