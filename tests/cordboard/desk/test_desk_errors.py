"""What goes wrong in the store leaves the desk under the desk's own names."""

import pytest

from cordboard.desk.errors import ChangedMeanwhile, DatabaseAway, DeskError, NoSuchCompany, store_errors
from cordboard.store import errors


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (errors.StoreUnavailable("locked"), DatabaseAway),
        (errors.SchemaMismatch("old"), DatabaseAway),
        (errors.Conflict("twice"), DatabaseAway),
        (errors.RevisionConflict("acme", 1, 2), ChangedMeanwhile),
        (errors.UnknownCompany("acme"), NoSuchCompany),
    ],
)
def test_each_error_of_the_store_has_its_name_here(raised: Exception, seen: type[DeskError]) -> None:
    with pytest.raises(seen) as caught, store_errors():
        raise raised
    assert caught.value.__cause__ is raised


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), store_errors():
        raise ZeroDivisionError
