"""Settings: file < environment < flags, every problem at once, every origin told."""

from dataclasses import fields
from pathlib import Path

import pytest

from cordboard.settings import Place, Settings, SettingsError, load


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cordboard.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_flags_win_over_environment_and_environment_over_file(tmp_path: Path) -> None:
    file = _file(tmp_path, 'sip_port = 5070\nweb_port = 9001\nnode = "one"\n')
    loaded = load(
        file=file, environment={"CORDBOARD_WEB_PORT": "9002", "CORDBOARD_NODE": "two"}, flags={"node": "three"}
    )
    settings = loaded.settings
    assert (settings.sip_port, settings.web_port, settings.node) == (5070, 9002, "three")
    origin = {o.name: o.source for o in loaded.origins}
    assert origin["sip_port"] == str(file)
    assert origin["web_port"] == "CORDBOARD_WEB_PORT"
    assert origin["node"] == "flag"
    assert origin["agi_port"] == "default"


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    file = _file(tmp_path, 'sip_port = "many"\nsipport = 1\nlanguage = "de"\n')
    with pytest.raises(SettingsError) as caught:
        load(file=file, environment={"CORDBOARD_RTP_FIRST": "80", "CORDBOARD_NOPE": "1"}, flags={"action_deadline": -1})
    told = caught.value.problems
    assert len(told) == 6
    assert sum(str(file) in line for line in told) == 3
    assert any("CORDBOARD_RTP_FIRST" in line and "1024" in line for line in told)
    assert any("CORDBOARD_NOPE" in line for line in told)


def test_a_broken_file_is_a_problem_and_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not TOML"):
        load(file=_file(tmp_path, "= nothing"), environment={})
    with pytest.raises(SettingsError, match="cannot be read"):
        load(file=tmp_path / "absent.toml", environment={})


def test_folders_that_are_not_set_lie_in_the_home_folder(tmp_path: Path) -> None:
    settings = load(environment={"CORDBOARD_HOME": str(tmp_path)}).settings
    assert settings.asterisk_run_home == tmp_path / "asterisk"
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/cordboard.sqlite"


@pytest.mark.parametrize(("written", "meant"), [("true", True), ("True", True), ("false", False), ("FALSE", False)])
def test_yes_and_no_are_true_and_false(tmp_path: Path, written: str, meant: bool) -> None:
    assert load(environment={"CORDBOARD_REHEARSE": written}).settings.rehearse is meant
    file = tmp_path / "cordboard.toml"
    file.write_text(f"rehearse = {written.lower()}\n", encoding="utf-8")
    found = load(file=file, environment={})
    assert found.settings.rehearse is meant
    assert load(environment=found.as_environment).settings == found.settings


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(SettingsError, match="'yes' is neither true nor false"):
        load(environment={"CORDBOARD_REHEARSE": "yes"})


def test_line_breaks_are_refused() -> None:
    with pytest.raises(SettingsError, match="line breaks"):
        load(environment={"CORDBOARD_NODE": "a\nb"})


def test_every_setting_is_explained() -> None:
    assert all(f.metadata["help"] for f in fields(Settings))


def test_a_settings_file_that_others_may_write_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = _file(tmp_path, "sip_port = 5071\n")
    file.chmod(0o644)
    assert load(environment={}).settings.sip_port == 5071
    file.chmod(0o666)
    assert load(environment={}).settings.sip_port == 5060


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"CORDBOARD_SIP_HOST": "0.0.0.0"}, "media_host"),
        ({"CORDBOARD_AGI_HOST": "192.0.2.1"}, "loopback"),
        ({"CORDBOARD_AMI_HOST": "pbx"}, "not an IP address"),
        ({"CORDBOARD_WEB_URL": "pbx.example"}, "https://"),
        ({"CORDBOARD_RTP_FIRST": "20000"}, "lower"),
    ],
)
def test_what_cannot_work_is_refused(variables: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load(environment=variables)


def test_another_process_gets_the_very_same_settings(tmp_path: Path) -> None:
    loaded = load(file=_file(tmp_path, 'sip_port = 5071\ndatabase_url = "postgresql://u:p@h/db"\n'), environment={})
    assert load(environment=loaded.as_environment).settings == loaded.settings
    assert [o.shown for o in loaded.origins if o.name == "database_url"] == ["postgresql://u:***@h/db"]


def test_settings_are_shown_as_one_writes_them() -> None:
    shown = {origin.name: origin.shown for origin in load(environment={"CORDBOARD_REHEARSE": "false"}).origins}
    assert (shown["asterisk_home"], shown["rehearse"], shown["sip_port"]) == ("", "false", "5060")


def test_other_switches_are_followed_where_the_setting_says() -> None:
    settings = load(environment={"CORDBOARD_FOLLOW": "pbx2=127.0.0.1:5039, site-3=[::1]:5040,"}).settings
    own, *others = settings.switches
    assert own == Place("pbx1", "127.0.0.1", 5038)
    assert others == [Place("pbx2", "127.0.0.1", 5039), Place("site-3", "::1", 5040)]
    assert load(environment={}).settings.switches == (own,)


def test_everything_wrong_with_other_switches_is_told_at_once() -> None:
    follow = "pbx1=127.0.0.1:5039, pbx2=127.0.0.1:5038, pbx3=192.0.2.7:5038, pbx4, pbx5=pbx.example:5038, pbx6=::1:7"
    with pytest.raises(SettingsError) as caught:
        load(environment={"CORDBOARD_FOLLOW": follow + ", pbx7=127.0.0.7:70000", "CORDBOARD_NODE": "pbx1"})
    assert [line.removeprefix("follow: ").split(": ")[0] for line in caught.value.problems] == [
        "'pbx4' is not like pbx2=127.0.0.1:5039",
        "'pbx6=::1:7' is not like pbx2=127.0.0.1:5039",
        "pbx1 is followed already",
        "pbx2",
        "pbx3",
        "pbx5",
        "pbx7",
    ]


def test_a_node_is_a_name_that_an_id_can_carry() -> None:
    with pytest.raises(SettingsError, match="is no name of a switch"):
        load(environment={"CORDBOARD_NODE": "pbx/1"})
