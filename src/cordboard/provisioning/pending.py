"""A generation that is on trial: unless somebody confirms it in time, the one before it comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cordboard.provisioning.disk import SECRET_MODE, replace_file, storage_failed, told
from cordboard.provisioning.errors import StorageFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """`generation` gives way to `base` when `until` (UTC) has passed; `by` put it into force."""

    generation: int
    base: int
    until: datetime
    by: str


def read_pending(path: Path) -> Pending | None:
    """What was kept at `path`, None if nothing is. Raises StorageFailed."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        until = datetime.fromisoformat(said["until"])
        return Pending(generation=int(said["generation"]), base=int(said["base"]), until=until, by=str(said["by"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_failed("reading", path, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StorageFailed("reading", path, f"it is damaged ({error}): verify, then remove it by hand") from None


def keep_pending(path: Path, pending: Pending) -> None:
    """Durable when this returns. Raises StorageFailed."""
    text = json.dumps(
        {
            "generation": pending.generation,
            "base": pending.base,
            "until": pending.until.isoformat(),
            "by": pending.by,
        },
        ensure_ascii=False,
    )
    with told("writing", path):
        replace_file(path, text, SECRET_MODE)
