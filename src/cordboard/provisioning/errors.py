"""What can stop a deployment.

    ProvisioningError
    ├── PlanRefused         the checks found errors: nothing was written; `.problems` holds each with its cure
    ├── PlanStale           not the plan that was seen any more: nothing was written
    ├── DeployBusy          somebody else is deploying; `.owner` says who and since when
    ├── OnTrial             the generation in force waits to be confirmed: first that; `.pending` says which, until when
    ├── NotOnTrial          there is nothing to confirm
    ├── NoSuchGeneration    asked for by a number that is not kept
    ├── OtherAsterisk       what answers at the manager's address runs another configuration: it is left alone
    └── StorageFailed       the generations' folder cannot be written, is full or holds something damaged

Errors of the manager wire (`ami.errors.AmiError`) pass under their own names while a plan is read. During an apply they
are part of its result: by then the question is no longer what went wrong but which generation is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cordboard.provisioning.moments import when

if TYPE_CHECKING:
    from cordboard.provisioning.pending import Pending
    from cordboard.provisioning.problems import PlanProblem


class ProvisioningError(Exception):
    """Root of everything this room raises on purpose."""


class PlanRefused(ProvisioningError):
    """The plan has errors. It can be shown, not applied."""

    def __init__(self, problems: Sequence[PlanProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class PlanStale(ProvisioningError):
    """What was wanted or what is in force has changed since the plan was made."""

    def __init__(
        self, words: str = "what is wanted or what is in force has changed since this plan was made: plan again"
    ) -> None:
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds the deploy lock: `pid` of the process, `by` whom, `doing` what, `since` when (UTC)."""

    pid: int
    by: str
    doing: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.by} ({self.doing}, process {self.pid}) since {when(self.since)}"


class DeployBusy(ProvisioningError):
    """Another deployment holds the lock. `owner` is None in the instant before it has said who it is."""

    def __init__(self, owner: Owner | None) -> None:
        super().__init__(f"another deployment is under way: {owner or 'it has just begun'}")
        self.owner = owner


class OnTrial(ProvisioningError):
    """The generation in force was put there to be confirmed, and was not yet."""

    def __init__(self, pending: Pending) -> None:
        super().__init__(
            f"generation {pending.generation}, applied by {pending.by}, is on trial until "
            f"{when(pending.until)}: `cordboard confirm` keeps it, `cordboard rollback` takes it back"
        )
        self.pending = pending


class NotOnTrial(ProvisioningError):
    """No generation waits to be confirmed."""

    def __init__(self) -> None:
        super().__init__("no generation waits to be confirmed")


class NoSuchGeneration(ProvisioningError):
    """No generation of that number is kept."""

    def __init__(self, number: int) -> None:
        super().__init__(f"generation {number} is not kept here")
        self.number = number


class OtherAsterisk(ProvisioningError):
    """The Asterisk at `address` reads `running`, not `etc`."""

    def __init__(self, address: str, running: str, etc: str) -> None:
        super().__init__(
            f"the Asterisk at {address} reads {running}, not {etc}: it is another one and was left alone; set ami_port "
            "(and sip_port, agi_port, the RTP ports) to what the Asterisk of this home shall have, or stop the other"
        )
        self.address = address
        self.running = running
        self.etc = etc


class StorageFailed(ProvisioningError):
    """The disk said no, or what it holds is damaged. `doing` what, on `path`, `reason` with the cure."""

    def __init__(self, doing: str, path: Path, reason: str) -> None:
        super().__init__(f"{doing} {path}: {reason}")
        self.doing = doing
        self.path = path
        self.reason = reason
