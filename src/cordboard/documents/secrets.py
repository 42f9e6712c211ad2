"""The secrets that a company file may carry: what makes a new home the same as the one they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from cordboard.documents.inputs import WrittenSecrets
from cordboard.store.records import CompanySecrets, SwitchSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSecrets:
    """SIP passwords and PINs; switch -> passwords of its manager accounts; the version of the published menus."""

    company: CompanySecrets = field(default_factory=CompanySecrets)
    managers: Mapping[str, SwitchSecrets] = field(default_factory=dict)
    version: int | None = None


def secrets_of(written: WrittenSecrets | None) -> FileSecrets | None:
    """What a faultless file carries; None without the section."""
    if written is None:
        return None
    return FileSecrets(
        company=CompanySecrets(**{sort: _hidden(getattr(written, sort)) for sort in CompanySecrets().sorts()}),
        managers={
            node: SwitchSecrets(run=SecretStr(each.run or ""), deploy=SecretStr(each.deploy or ""))
            for node, each in (written.managers or {}).items()
        },
        version=written.version,
    )


def secrets_document(secrets: FileSecrets) -> dict[str, Any]:
    """The section as plain data, in the clear."""
    managers = {
        node: {"run": each.run.get_secret_value(), "deploy": each.deploy.get_secret_value()}
        for node, each in sorted(secrets.managers.items())
    }
    parts = {
        **{sort: _plain(each) for sort, each in secrets.company.sorts().items()},
        "managers": managers,
        "version": secrets.version,
    }
    return {name: part for name, part in parts.items() if part}


def _hidden(given: Mapping[str, str] | None) -> dict[str, SecretStr]:
    return {key: SecretStr(secret) for key, secret in sorted((given or {}).items())}


def _plain(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {key: secret.get_secret_value() for key, secret in sorted(secrets.items())}
