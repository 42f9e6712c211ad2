"""The file of connections: every problem of it at once, and what it says nobody else may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.asking.connections import Http, Sql, read_connections
from cordboard.asking.errors import ConnectionsRefused

WHOLE = """
[crm]
url = "https://crm.example.org:8443/customers/{number}?of={did}"
headers = {Authorization = "Bearer canary-header"}
at_once = 3

[sms]
url = "http://127.0.0.1:8025/send"
method = "POST"
body = {to = ["{to}"], message = {text = "{text}"}, flash = false}

[contracts]
database = "postgresql://reader:canary-password@db.example.org/contracts"
query = "SELECT tier FROM contracts WHERE number = :number AND since < now()::date"
"""


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "connections.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_connections_by_their_names(tmp_path: Path) -> None:
    found = read_connections(written(tmp_path, WHOLE))
    crm, sms, contracts = found["crm"], found["sms"], found["contracts"]
    assert isinstance(crm, Http)
    assert isinstance(sms, Http)
    assert isinstance(contracts, Sql)
    assert (crm.needed, crm.at_once, crm.place) == (frozenset({"number", "did"}), 3, "https://crm.example.org:8443")
    assert (sms.needed, sms.in_address) == (frozenset({"to", "text"}), frozenset())
    assert contracts.needed == {"number"}
    assert "canary" not in f"{found} {crm.place} {contracts.place}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_others_may_not_read_it(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConnectionsRefused, match="chmod 600"):
        read_connections(written(tmp_path, WHOLE, mode))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("crm = 1", "crm: is no table"),
        ("[crm]\n", "crm: url: is missing"),
        ("[CRM]\nurl = 'https://a/'", "CRM: is not a name"),
        ("[crm]\nurl = 'ftp://a/'", "url: begins with https://"),
        ("[crm]\nurl = 'https:///a'", "url: begins with https://"),
        ("[crm]\nurl = 'https://{host}/a'", "url: begins with https://"),
        ("[crm]\nurl = 'http://crm.example.org/'", "without encryption"),
        ("[crm]\nurl = 'https://me:secret@crm.example.org/'", "has a user"),
        ("[crm]\nurl = 'https://crm.example.org/#{number}'", "behind #"),
        ("[crm]\nurl = 'https://crm.example.org/a b'", "characters that no address has"),
        ("[crm]\nurl = 'https://crm.example.org/{number'", "characters that no address has"),
        ("[crm]\nurl = 'https://crm.example.org/{Number}'", "{Number} is no name of a value"),
        ("[crm]\nurl = 'https://[::1/'", "url: is not an address"),
        ("[crm]\nurl = 'https://a/'\nmethod = 'PUT'", "method: write GET or POST"),
        ("[crm]\nurl = 'https://a/'\nbody = {a = '{b}'}", "body: write it with"),
        ("[crm]\nurl = 'https://a/'\nmethod = 'POST'\nbody = {a = [2026-01-01]}", "JSON does not have"),
        ("[crm]\nurl = 'https://a/'\nmethod = 'POST'\nbody = {a = nan}", "JSON does not have"),
        ("[crm]\nurl = 'https://a/'\nheaders = {Host = 'b'}", "Host is set by Cordboard itself"),
        ("[crm]\nurl = 'https://a/'\nheaders = {X = \"a\\r\\nb\"}", "is no header with a text"),
        ("[crm]\nurl = 'https://a/'\nat_once = 0", "at_once: write a whole number"),
        ("[crm]\nurl = 'https://a/'\nverify = false", "verify: is not known here"),
        ("[crm]\ndatabase = 'mysql://a/b'\nquery = 'SELECT 1'", "database: the database's address must begin"),
        ("[crm]\ndatabase = 'sqlite:///a.db'", "query: is missing"),
        ("[crm]\ndatabase = 'sqlite:///a.db'\nquery = 'SELECT :Number'", "'Number' is no name of a value"),
        ("[crm", "is not TOML"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConnectionsRefused) as refused:
        read_connections(written(tmp_path, text))
    assert [problem in told for told in refused.value.problems] == [True]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConnectionsRefused, match="cannot be read"):
        read_connections(tmp_path / "gone.toml")
