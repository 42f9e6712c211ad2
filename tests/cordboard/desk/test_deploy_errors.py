"""What stops a deployment leaves the desk under the desk's own names: every error that provisioning can raise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ami.errors import AmiError, LoginRefused
from cordboard.desk import operations
from cordboard.desk.operations import DeedRefused, deploy_errors
from cordboard.provisioning import errors
from cordboard.provisioning.errors import Owner, ProvisioningError
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.problems import PlanProblem

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PENDING = Pending(generation=2, base=1, until=NOON, by="amel")
TOLD: list[tuple[Exception, str]] = [
    (errors.PlanRefused([PlanProblem("queue support", "nobody serves it", "name somebody")]), "refused"),
    (errors.PlanStale("something changed"), "stale"),
    (errors.DeployBusy(Owner(pid=7, by="bruno", doing="apply", since=NOON)), "busy"),
    (errors.DeployBusy(None), "busy"),
    (errors.OnTrial(PENDING), "on-trial"),
    (errors.NotOnTrial(), "not-on-trial"),
    (errors.NoSuchGeneration(7), "no-such-generation"),
    (errors.OtherAsterisk("127.0.0.1:5038", "/etc/asterisk", "/srv/pbx1"), "switch-away"),
    (errors.StorageFailed("writing", Path("generations"), "the disk is full"), "storage-failed"),
    (LoginRefused("wrong secret"), "switch-away"),
    (AmiError("lost"), "switch-away"),
]


def _below(root: type[Exception]) -> Iterator[type[Exception]]:
    for each in root.__subclasses__():
        yield each
        yield from _below(each)


@pytest.mark.parametrize(("raised", "code"), TOLD)
def test_each_error_of_a_deployment_has_its_code(raised: Exception, code: str) -> None:
    with pytest.raises(DeedRefused) as caught, deploy_errors():
        raise raised
    assert caught.value.code == code
    assert caught.value.__cause__ is raised
    assert str(raised) in str(caught.value)
    assert code in (operations.__doc__ or "")


def test_none_is_forgotten() -> None:
    assert set(_below(ProvisioningError)) <= {type(raised) for raised, _ in TOLD}


def test_what_was_noted_on_its_way_is_told_too() -> None:
    error = errors.PlanStale("something changed")
    error.add_note("The database was changed already.")
    with pytest.raises(DeedRefused, match=r"something changed The database was changed already\."), deploy_errors():
        raise error


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), deploy_errors():
        raise ZeroDivisionError
