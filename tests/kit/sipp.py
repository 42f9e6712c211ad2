"""Load by sipp: many callers, and phones that answer them, each run bounded in calls and in time."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.basis import TRUNK_HEADER
from kit.loopback import Lease, free_port, lease
from kit.process import Process, ProcessDiedError
from kit.switch import Switch

SCENARIOS = Path(__file__).with_name("scenarios")
PASSWORD = "{name}-secret"


class NoSippError(Exception):
    """The program sipp is not installed."""


@dataclass(frozen=True)
class Load:
    """How a run of sipp ended: counts of calls, of retransmitted messages, and mean time to the answer."""

    calls: int
    successful: int
    failed: int
    retransmissions: int
    answer_ms: float
    seconds: float
    exit_status: int
    errors: str

    @property
    def is_clean(self) -> bool:
        return self.exit_status == 0 and self.failed == 0 and self.successful == self.calls

    def __str__(self) -> str:
        text = f"{self.calls} calls, {self.successful} successful, {self.failed} failed, {self.retransmissions} resent"
        return f"{text}, exit status {self.exit_status}\n{self.errors[-2000:]}".rstrip()


class Sipp:
    """One running sipp."""

    def __init__(self, process: Process, folder: Path, address: Lease | None) -> None:
        self.process, self.folder = process, folder
        self._own_lease = address

    @classmethod
    def start(
        cls,
        switch: Switch,
        scenario: str | Path,
        *options: str,
        rows: Sequence[Sequence[str]] = (),
        keys: Mapping[str, str] | None = None,
        timeout: float = 60,
        port: int | None = None,
        source: Lease | None = None,
    ) -> Sipp:
        """Start a scenario of kit/scenarios (its name) or of your own (its path) against `switch`.

        `rows` are given to the calls in turn as [field0], [field1] ...; `keys` are further [keywords]. All its sockets
        are on a loopback address of its own, or on `source`, which the caller then closes.
        """
        program = shutil.which("sipp")
        if program is None:
            raise NoSippError("sipp is not installed: `make test` installs it (package sip-tester)")
        path = scenario if isinstance(scenario, Path) else SCENARIOS / f"{scenario}.xml"
        own = source or lease()
        folder = Path(tempfile.mkdtemp(prefix="cordboard-sipp-"))
        command = [program, switch.sip, "-sf", str(path), "-nostdin"]
        command += ["-i", own.address, "-mi", own.address, "-ci", own.address]
        command += ["-p", str(port or free_port(own.address)), "-mp", "30000"]
        command += ["-trace_stat", "-stf", str(folder / "stat.csv"), "-fd", "1"]
        command += ["-trace_err", "-error_file", str(folder / "errors.txt")]
        command += ["-timeout", f"{timeout:.0f}s", "-timeout_error"]
        if rows:
            table = folder / "rows.csv"
            table.write_text("SEQUENTIAL\n" + "".join(";".join(row) + ";\n" for row in rows), encoding="utf-8")
            command += ["-inf", str(table)]
        for name, value in (keys or {}).items():
            command += ["-key", name, value]
        env = {**os.environ, "TERM": "dumb"}
        process = Process.start([*command, *options], folder / "screen.txt", cwd=folder, env=env)
        return cls(process, folder, None if source else own)

    def result(self) -> Load:
        """Its counts so far."""
        rows: list[dict[str, str]] = []
        with contextlib.suppress(FileNotFoundError), (self.folder / "stat.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        last = rows[-1] if rows else {}
        code = self.process.returncode
        errors = self.folder / "errors.txt"
        said = errors.read_text(encoding="utf-8", errors="replace") if errors.is_file() else ""
        return Load(
            calls=int(last.get("TotalCallCreated", 0)),
            successful=int(last.get("SuccessfulCall(C)", 0)),
            failed=int(last.get("FailedCall(C)", 0)),
            retransmissions=int(last.get("Retransmissions(C)", 0)),
            answer_ms=_seconds(last.get("ResponseTime1(C)", "")) * 1000,
            seconds=_seconds(last.get("ElapsedTime(C)", "")),
            exit_status=-1 if code is None else code,
            errors=said if said or not code else self.process.said()[-300:],
        )

    def close(self) -> None:
        """End it and remove its files."""
        self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._own_lease is not None:
            self._own_lease.close()


def _seconds(text: str) -> float:
    """Seconds of sipp's "00:00:01:234567" (hours, minutes, seconds, microseconds) or "00:00:01"."""
    parts = text.strip().split(":")
    if len(parts) < 3 or not all(part.isdigit() for part in parts):
        return 0.0
    whole = int(parts[0]) * 3600 + int(parts[1]) * 60 + int(parts[2])
    return whole + (int(parts[3]) / 1_000_000 if len(parts) > 3 else 0.0)


async def callers(
    switch: Switch,
    number: str,
    *,
    calls: int,
    rate: float = 5,
    at_once: int = 20,
    talk: float = 1.0,
    stays: bool = False,
    from_numbers: Sequence[str] = ("0145000000",),
    trunk: str = TRUNK_HEADER,
    timeout: float = 60,
) -> Load:
    """Let `calls` callers dial `number` through the trunk told by the header `trunk`; their counts at the end.

    `rate` calls a second, `at_once` at most; each hangs up after `talk` seconds, or stays until hung up on (`stays`).
    """
    options = ["-s", number, "-m", str(calls), "-r", str(max(1, round(rate * 10))), "-rp", "10000"]
    options += ["-l", str(at_once), "-d", str(round(talk * 1000)), "-rtp_echo"]
    sipp = Sipp.start(
        switch,
        "patient_caller" if stays else "caller",
        *options,
        rows=[[number] for number in from_numbers],
        keys={"trunk": trunk},
        timeout=timeout,
    )
    try:
        await sipp.process.wait(timeout + 15)
        return sipp.result()
    finally:
        sipp.close()


@contextlib.asynccontextmanager
async def answering_phones(
    switch: Switch, names: Sequence[str], *, ring: float = 0.3, password: str = PASSWORD, timeout: float = 600
) -> AsyncIterator[Sipp]:
    """Registered phones that answer every call after `ring` seconds and send its sound back, for as long as it lasts.

    `password` may hold {name}. Raises ProcessDiedError when one cannot register.
    """
    rows = [(name, f"[authentication username={name} password={password.format(name=name)}]") for name in names]
    with lease() as source:
        # One after the other on one port: the switch rings a phone where its REGISTER came from.
        port = free_port(source.address)
        registration = ("-m", str(len(rows)), "-r", "50")
        registering = Sipp.start(switch, "register", *registration, rows=rows, timeout=30, port=port, source=source)
        try:
            await registering.process.wait(45)
            if not (load := registering.result()).is_clean:
                raise ProcessDiedError(f"phones could not register: {load}")
        finally:
            registering.close()
        options = ("-d", str(round(ring * 1000)), "-rtp_echo")
        phones = Sipp.start(switch, "phone", *options, timeout=timeout, port=port, source=source)
        try:
            yield phones
        finally:
            phones.close()
