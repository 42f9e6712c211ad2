"""What commands that deploy have in common."""

from __future__ import annotations

import pytest

from cordboard.cli.deeds import duration
from cordboard.desk.trials import LONGEST_TRIAL
from cordboard.settings import SettingsError


@pytest.mark.parametrize("words", ["24h", "1440m", "86400s"])
def test_a_trial_may_last_a_day(words: str) -> None:
    assert duration(words) == LONGEST_TRIAL


@pytest.mark.parametrize("words", ["25h", "1441m", "86401s", "999999h"])
def test_a_trial_that_is_longer_is_refused(words: str) -> None:
    with pytest.raises(SettingsError, match="lasts a day at most, say 24h or less"):
        duration(words)
