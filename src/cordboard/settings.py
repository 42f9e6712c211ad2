"""What an operator may set, each value typed, explained and traceable: file < environment < flags."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ENVIRONMENT_PREFIX = "CORDBOARD_"
NO_SETTINGS = ("file", "adopt_secret", "record_secret")
"""Variables with a meaning of their own: the settings file, and passwords that `adopt` and `record` use once."""
FILE_NAME = "cordboard.toml"
NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
OTHER = re.compile(rf"(?P<node>{NODE.pattern})=(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(?P<port>[0-9]{{1,5}})")
VOICE = re.compile(
    r"(?P<language>[a-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})?)=(?P<voice>/[^\s=]{1,200}|[A-Za-z][A-Za-z0-9+/_-]{0,59})"
)
HEARD = re.compile(r"(?P<language>[a-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})?)(?:=(?P<folder>/[^\s=]{1,200}))?")
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound


class SettingsError(Exception):
    """One or more settings cannot be used; every problem is in ``problems``, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Place:
    """Where the manager interface of the switch `node` is."""

    node: str
    host: str
    port: int


def _setting(
    default: Any, help_: str, *, low: int | None = None, high: int | None = None, choices: tuple[str, ...] = ()
) -> Any:
    return field(default=default, metadata={"help": help_, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default. Times are seconds, addresses are IP addresses or host names."""

    home: Path = _setting(Path("/var/lib/cordboard"), "folder of the database, the generations and the keys")
    database_url: str = _setting("", "SQLAlchemy address of the database; empty: SQLite in the home folder")
    node: str = _setting("pbx1", "name of the Asterisk that is steered; part of every call's id")
    language: str = _setting(
        "en",
        "language of plans, of what is found wrong with company files and menus, of `cordboard top`, and of tables of"
        " calls and agents",
        choices=("en", "fr"),
    )

    asterisk_mode: str = _setting(
        "owned",
        "owned: Cordboard writes the whole configuration; included: files that an existing Asterisk includes",
        choices=("owned", "included"),
    )
    asterisk_home: Path = _setting(
        Path(), "folder in which docker/asterisk/install described an Asterisk; empty: the one installed on this host"
    )
    asterisk_run_home: Path = _setting(
        Path(), "folder of an owned Asterisk's spool, logs and run files; empty: asterisk in the home folder"
    )

    sip_host: str = _setting("127.0.0.1", "address on which Asterisk takes SIP and RTP")
    media_host: str = _setting(
        "", "address that phones send their sound to; empty: sip_host. Needed where sip_host is all addresses"
    )
    sip_port: int = _setting(5060, "UDP and TCP port of SIP", low=1, high=65535)
    rtp_first: int = _setting(10000, "first UDP port of RTP", low=1024, high=65535)
    rtp_last: int = _setting(10999, "last UDP port of RTP", low=1024, high=65535)
    ami_host: str = _setting("127.0.0.1", "address of Asterisk's manager interface")
    ami_port: int = _setting(5038, "port of Asterisk's manager interface", low=1, high=65535)
    follow: str = _setting(
        "", "other switches that are followed too, each deployed by its own Cordboard: pbx2=127.0.0.1:5039, pbx3=..."
    )
    agi_carrier: str = _setting(
        "daemon",
        "daemon: calls ask the FastAGI process; process: Asterisk starts a program for each call",
        choices=("daemon", "process"),
    )
    agi_host: str = _setting("127.0.0.1", "address on which Cordboard answers FastAGI")
    agi_port: int = _setting(4573, "port on which Cordboard answers FastAGI", low=1, high=65535)
    connections: Path = _setting(
        Path(), "file of the other systems that menus may ask (TOML, its owner's alone); empty: none"
    )
    agi_max_calls: int = _setting(
        500, "callers served by FastAGI at once; more take the compiled fallback", low=1, high=20000
    )
    web_host: str = _setting("127.0.0.1", "address of the live page and the API")
    web_port: int = _setting(8080, "port of the live page and the API", low=1, high=65535)
    web_url: str = _setting(
        "", "how browsers reach the live page, if not by web_host and web_port: https://pbx.example behind a TLS proxy"
    )

    voices: str = _setting(
        "",
        "who says texts in which language: fr=fr+f2, en=/srv/en.onnx (a voice of espeak-ng, or a model of Piper);"
        " the others are said by espeak-ng",
    )
    speech_pace: int = _setting(150, "words a minute at which texts are said", low=80, high=300)
    recordings: Path = _setting(
        Path(), "folder of the recordings that prompts name; empty: recordings in the home folder"
    )
    espeak: str = _setting("espeak-ng", "the program espeak-ng: a name on the path, or a path")
    piper: str = _setting("piper", "the program Piper, for voices that are models of it: a name on the path, or a path")

    hearing: str = _setting(
        "",
        "languages that callers may speak to menus: en (the recogniser's own model), fr=/srv/fr (a folder with an"
        " acoustic model and a dictionary); empty: they have keys. Needs the extra `speech`",
    )
    hearing_port: int = _setting(
        4574, "port, at agi_host, on which Cordboard hears what callers say to menus", low=1, high=65535
    )
    hearing_calls: int = _setting(16, "callers that menus listen to at once; more have keys", low=1, high=500)

    action_deadline: float = _setting(5.0, "seconds that Asterisk has to answer a manager action")
    watchdog_deadline: float = _setting(5.0, "seconds without a heartbeat after which a hung FastAGI process is killed")
    sweep_interval: float = _setting(60.0, "seconds between two comparisons of the live state with a fresh snapshot")
    drain_seconds: float = _setting(30.0, "seconds that callers in menus have to finish when Cordboard stops")
    watch_interval: float = _setting(
        300.0, "seconds between two comparisons of database, files and Asterisk with the generation in force; 0: never"
    )
    rehearse: bool = _setting(
        True, "load every generation into a throw-away Asterisk and read it back before an apply writes anything"
    )
    keep_days: int = _setting(
        30,
        "days for which recordings are kept whose step says nothing else, and who asked to be called back, once that is"
        " over",
        low=1,
        high=3650,
    )
    generations_kept: int = _setting(20, "generations of configuration kept to go back to", low=2, high=1000)
    log_level: str = _setting("info", "lowest level that is logged", choices=("debug", "info", "warning", "error"))
    log_format: str = _setting("text", "text for people, json for collectors", choices=("text", "json"))

    def __post_init__(self) -> None:
        if self.asterisk_run_home == Path():
            object.__setattr__(self, "asterisk_run_home", self.home / "asterisk")
        if self.recordings == Path():
            object.__setattr__(self, "recordings", self.home / "recordings")
        if not self.media_host:
            object.__setattr__(self, "media_host", self.sip_host)
        if not self.web_url:
            object.__setattr__(self, "web_url", f"http://{self.web_host}:{self.web_port}")
        object.__setattr__(self, "web_url", self.web_url.rstrip("/"))
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite+aiosqlite:///{self.home / 'cordboard.sqlite'}")

    @property
    def voice_of(self) -> dict[str, str]:
        """Language -> the voice that is named for it."""
        found = (VOICE.fullmatch(entry) for entry in _entries(self.voices))
        return {one["language"]: one["voice"] for one in found if one is not None}

    @property
    def hearing_folders(self) -> dict[str, str]:
        """Language that callers may speak to menus -> folder of its model, "" for the recogniser's own."""
        found = (HEARD.fullmatch(entry) for entry in _entries(self.hearing))
        return {one["language"]: one["folder"] or "" for one in found if one is not None}

    @property
    def switches(self) -> tuple[Place, ...]:
        """Every switch that is followed, the own one first."""
        return (Place(self.node, self.ami_host, self.ami_port), *_others(self.follow))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one setting's value came from: ``default``, the file's path, the variable's name or ``flag``."""

    name: str
    value: Any
    source: str
    help: str

    @property
    def shown(self) -> str:
        """The value as one would write it, and as it may be printed: without a password."""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        return "" if self.value == Path() else without_password(str(self.value))


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings together with the origin of each."""

    settings: Settings
    origins: tuple[Origin, ...]

    @property
    def given(self) -> tuple[Origin, ...]:
        """Those that somebody set."""
        return tuple(origin for origin in self.origins if origin.source != "default")

    @property
    def as_environment(self) -> dict[str, str]:
        """Variables by which another process has the very same settings, whatever file or flags these came from."""
        given = {f"{ENVIRONMENT_PREFIX}{o.name.upper()}": str(o.value) for o in self.given}
        return {**given, f"{ENVIRONMENT_PREFIX}FILE": os.devnull}


def load(
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Loaded:
    """Put file, environment and flags over the defaults.

    ``file``: a TOML file with the setting names as keys; without it ``CORDBOARD_FILE``, ``./cordboard.toml`` and
    ``/etc/cordboard/cordboard.toml`` are looked for in that order; one that others may write is passed over. A
    flag whose value is None was not given.

    Raises:
        SettingsError: with every problem, if one value cannot be used or a name is unknown.
    """
    environment = os.environ if environment is None else environment
    problems: list[str] = []
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}

    def take(name: str, raw: object, source: str) -> None:
        try:
            values[name] = _converted(known[name], raw)
            sources[name] = source
        except ValueError as error:
            problems.append(f"{source}: {name}: {error}")

    path = file or _file_in_force(environment)
    if path is not None:
        for name, raw in _read_file(path, problems).items():
            if name in known:
                take(name, raw, str(path))
            else:
                problems.append(f"{path}: unknown setting {name!r}; `cordboard settings` lists those that exist")
    for variable, raw in environment.items():
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if not variable.startswith(ENVIRONMENT_PREFIX) or name in NO_SETTINGS:
            continue
        if name in known:
            take(name, raw, variable)
        else:
            problems.append(f"{variable}: no such setting; `cordboard settings` lists those that exist")
    for name, raw in (flags or {}).items():
        if raw is not None:
            take(name, raw, "flag")
    settings = Settings(**values)
    problems.extend(_contradictions(settings))
    if problems:
        raise SettingsError(problems)
    origins = tuple(
        Origin(name, getattr(settings, name), sources.get(name, "default"), f.metadata["help"])
        for name, f in known.items()
    )
    return Loaded(settings, origins)


def _contradictions(settings: Settings) -> Iterator[str]:
    """What is wrong between settings, or with one that can be read but not used."""
    if not NODE.fullmatch(settings.node):
        yield f"node: {settings.node!r} is no name of a switch: write at most 32 letters, digits, dots and hyphens"
    yield from _wrong_others(settings)
    for entry in _entries(settings.voices):
        if not VOICE.fullmatch(entry):
            yield f"voices: {entry!r} is not like fr=fr+f2 or fr=/srv/voices/fr.onnx"
    for entry in _entries(settings.hearing):
        if not HEARD.fullmatch(entry):
            yield f"hearing: {entry!r} is not like en or fr=/srv/fr"
    if settings.rtp_first >= settings.rtp_last:
        yield "rtp_first must be lower than rtp_last"
    if settings.media_host in ANY_ADDRESS:
        yield "media_host: phones cannot send sound to all addresses: say the one by which they reach this machine"
    for name in ("sip_host", "media_host", "ami_host", "agi_host", "web_host"):
        if not _is_address(getattr(settings, name)):
            yield f"{name}: {getattr(settings, name)!r} is not an IP address"
    for name in ("ami_host", "agi_host"):
        host = getattr(settings, name)
        if _is_address(host) and not _is_loopback(host):
            yield (
                f"{name}: {host} is not a loopback address: manager interface and FastAGI carry no encryption here,"
                " so Cordboard and Asterisk share a machine or a network namespace"
            )
    url = urlsplit(settings.web_url)
    if url.scheme not in ("http", "https") or not url.netloc or url.path or url.query:
        yield f"web_url: {settings.web_url!r} is not like https://pbx.example"


def _others(follow: str) -> tuple[Place, ...]:
    """Those of the entries that can be read."""
    found = (OTHER.fullmatch(entry) for entry in _entries(follow))
    return tuple(Place(one["node"], one["host"].strip("[]"), int(one["port"])) for one in found if one is not None)


def _entries(listed: str) -> list[str]:
    return [entry for entry in map(str.strip, listed.split(",")) if entry]


def _wrong_others(settings: Settings) -> Iterator[str]:
    """What is wrong with the other switches that are to be followed, each of them."""
    for entry in _entries(settings.follow):
        if not OTHER.fullmatch(entry):
            yield f"follow: {entry!r} is not like pbx2=127.0.0.1:5039"
    own, *others = settings.switches
    names, places = {own.node}, {(own.host, own.port)}
    for other in others:
        if other.node in names:
            yield f"follow: {other.node} is followed already"
        if (other.host, other.port) in places:
            yield f"follow: {other.node}: another switch answers at {other.host} port {other.port}"
        if not 1 <= other.port <= 65535:
            yield f"follow: {other.node}: {other.port} is no port"
        if not _is_loopback(other.host):
            yield (
                f"follow: {other.node}: {other.host} is not a loopback address: the manager interface carries no"
                " encryption here; let an encrypted tunnel end on this machine"
            )
        names.add(other.node)
        places.add((other.host, other.port))


def _is_loopback(text: str) -> bool:
    return _is_address(text) and ipaddress.ip_address(text).is_loopback


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def without_password(address: str) -> str:
    """A database's address as it may be shown."""
    scheme, marker, rest = address.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}:***@{place}" if marker and at and ":" in user else address


def _file_in_force(environment: Mapping[str, str]) -> Path | None:
    named = environment.get(ENVIRONMENT_PREFIX + "FILE")
    if named:
        return Path(named)
    for candidate in (Path(FILE_NAME), Path("/etc/cordboard") / FILE_NAME):
        if candidate.is_file() and _is_trusted(candidate):
            return candidate
    return None


def _is_trusted(path: Path) -> bool:
    """Nobody but us or root wrote it: settings name programs that are run, and a folder may be anybody's."""
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_uid in (0, os.getuid()) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read_file(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: is not TOML: {error}")
    return {}


def _converted(setting: dataclasses.Field[Any], raw: object) -> Any:
    """``raw`` in the type of the setting's default; ValueError says what is wrong and what may stand there."""
    default, meta = setting.default, setting.metadata
    if isinstance(default, bool):
        if str(raw).lower() not in ("true", "false"):
            raise ValueError(f"{str(raw)!r} is neither true nor false")
        return str(raw).lower() == "true"
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Path):
        raise ValueError(f"{raw!r} is not usable here")
    if isinstance(default, Path):
        path = Path(str(raw)).expanduser()
        return path if path == Path() else path.absolute()
    if isinstance(default, int | float):
        try:
            number = type(default)(raw) if not isinstance(raw, Path) else 1 / 0
        except (ValueError, ZeroDivisionError):
            kind = "whole number" if isinstance(default, int) else "number of seconds"
            raise ValueError(f"{str(raw)!r} is not a {kind}") from None
        low, high = meta["low"], meta["high"]
        if isinstance(default, float) and not 0 < number < 86400:
            raise ValueError(f"{number} is outside 0 to 86400 seconds")
        if (low is not None and number < low) or (high is not None and number > high):
            raise ValueError(f"{number} is outside {low} to {high}")
        return number
    text = str(raw)
    if any(c in text for c in "\r\n\0"):
        raise ValueError("line breaks cannot stand here")
    if meta["choices"] and text not in meta["choices"]:
        raise ValueError(f"{text!r} is not one of {', '.join(meta['choices'])}")
    return text
