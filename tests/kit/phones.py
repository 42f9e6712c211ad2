"""Scripted SIP phones with real signalling and real audio, over baresip.

    async with Phones() as phones:
        alice = await phones.phone("alice", switch.sip, "alice-secret", tone=425)
        bob = await phones.phone("bob", switch.sip, "bob-secret", tone=850)
        await alice.register()
        await bob.register()
        call = await alice.dial("bob")          # bob answers by himself: Answer() is the rule of a new phone
        await call.hears(850)
        await bob.call.hears(425)
        await call.hang_up()

One `Phones` at a time in a process (the SIP stack is global to it); it holds as many phones and calls as wanted.
Every wait has a deadline and tells what was heard or seen instead when it passes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from baresip import Account, CallState, Config, Runtime, UserAgent
from baresip import Call as StackCall
from baresip.errors import (
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    CallBusy,
    CallFailed,
    RegistrationError,
    StaleHandleError,
    TransferFailed,
)
from baresip.events import Event, StackEvent

from kit import sound
from kit.basis import TRUNK_HEADER
from kit.patience import PATIENCE
from kit.sound import Sound

__all__ = [
    "Answer",
    "CallBusy",
    "CallFailed",
    "Phone",
    "PhoneCall",
    "Phones",
    "Quality",
    "Refuse",
    "RegistrationError",
    "Ring",
]

_AHEAD = 0.1  # seconds of sound kept ready for the line
_MEMORY = 8.0  # seconds of heard sound kept
_TICK = 0.02
_ALIKE = 0.8  # likeness above which a sound was heard: a u-law line leaves some 0.95
_GLANCE = 0.3  # seconds between two looks for it
_WINDOW = 0.3  # seconds of sound that a judgement on a tone needs


# What turns a call, and the stack's word for it then
_TURNS = {
    Event.CALL_RINGING: CallState.OUTGOING,
    Event.CALL_ESTABLISHED: CallState.ESTABLISHED,
    Event.CALL_CLOSED: CallState.CLOSED,
}


@dataclass(frozen=True)
class Answer:
    """A phone that takes a call `after` some seconds of ringing."""

    after: float = 0.0


@dataclass(frozen=True)
class Ring:
    """A phone that rings and is left ringing; the test answers `phone.call` itself, or never."""


@dataclass(frozen=True)
class Refuse:
    """A phone that refuses a call as busy (486) `after` some seconds of ringing."""

    after: float = 0.0


Rule = Answer | Ring | Refuse
Keys = Literal["rfc4733", "info", "inband"]
"""How keys travel: as events of RTP, as SIP messages, as tones in the sound."""


@dataclass(frozen=True)
class Quality:
    """How the media of one call went. `mos` is an estimate between 1 and 5, 4.4 at best on a narrow-band line."""

    seconds: int
    sent: int
    received: int
    lost: int
    jitter_ms: float
    mos: float


def _is_too_early(failed: BaresipError) -> bool:
    """Was a transfer refused because the call is in no bridge of Asterisk's yet?"""
    return isinstance(failed, TransferFailed) and failed.status == 400


class PhoneCall:
    """One call of one phone: what it says, what it hears, its digits and its end."""

    def __init__(self, phone: Phone, stack: StackCall, *, is_incoming: bool) -> None:
        self.phone = phone
        self.is_incoming = is_incoming
        self.digits = ""
        """Keys that the far end pressed so far."""
        self.reason = ""
        """Why it ended, as the stack says it, once it has."""
        self.is_ringing = False
        self._stack = stack
        self._tone: tuple[int, ...] = phone.tone
        self._pcm = b""
        self._position = 0
        self._heard = bytearray()
        self._heard_total = 0
        self._format = (8000, 1)
        self._established = asyncio.Event()
        self._ended = asyncio.Event()
        self._changed = asyncio.Event()
        stack.on(self._on_event)
        stack.on_dtmf(self._on_digit)

    def __repr__(self) -> str:
        state = "ended" if self.has_ended else "answered" if self.is_answered else "ringing"
        return f"<PhoneCall of {self.phone.user} {'from' if self.is_incoming else 'to'} {self.peer}, {state}>"

    # --- its life -------------------------------------------------------------------------------------------------

    @property
    def peer(self) -> str:
        """The far end's address as signalled, like "sip:0612345678@127.77.1.1:5060"."""
        return self._stack.peer or ""

    @property
    def caller_number(self) -> str:
        """The user part of `peer`."""
        return self.peer.partition(":")[2].partition("@")[0]

    @property
    def headers(self) -> dict[str, str]:
        """Those headers of an incoming INVITE that `Phones(show_headers=...)` named."""
        return dict(self._stack.headers)

    @property
    def is_answered(self) -> bool:
        return self._established.is_set()

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    def _on_event(self, event: StackEvent) -> None:
        if event.event is Event.CALL_ESTABLISHED:
            self._established.set()
        elif event.event is Event.CALL_RINGING:
            self.is_ringing = True
        elif event.event is Event.CALL_CLOSED:
            self.reason = event.text or ""
            self._ended.set()
        self._changed.set()

    def _on_digit(self, event: object) -> None:
        self.digits += getattr(event, "digit", "")
        self._changed.set()

    async def answer(self, timeout: float = PATIENCE) -> None:
        """Take an incoming call and return when its audio is up."""
        await self._stack.answer()
        await self.answered(timeout)

    async def refuse(self) -> None:
        """Refuse an incoming call as busy (486)."""
        with contextlib.suppress(StaleHandleError):
            await self._stack.reject()

    async def answered(self, timeout: float = PATIENCE) -> None:
        """Wait until it is answered. Raises CallFailed (CallBusy on 486) when it ends unanswered, or TimeoutError."""
        await self._until(lambda: self.is_answered or self.has_ended, timeout, "was not answered")
        if not self.is_answered:
            raise CallFailed.from_close_reason(self.reason)

    async def rings(self, timeout: float = PATIENCE) -> None:
        """Wait until the far end says that it rings."""
        await self._until(lambda: self.is_ringing or self.is_answered, timeout, "was not ringing")

    async def ended(self, timeout: float = PATIENCE) -> str:
        """Wait until it has ended, whoever ended it, and return the reason."""
        await self._until(lambda: self.has_ended, timeout, "did not end")
        return self.reason

    async def hang_up(self, timeout: float = PATIENCE) -> None:
        """End it; nothing happens when it has ended."""
        with contextlib.suppress(StaleHandleError):
            await self._stack.hangup()
        await self.ended(timeout)

    async def hold(self) -> None:
        """Put the far end on hold by a re-INVITE."""
        await self._retried(self._stack.hold)

    async def resume(self) -> None:
        """Take the far end back."""
        await self._retried(self._stack.resume)

    async def transfer(self, number: str, timeout: float = PATIENCE) -> None:
        """Send the far end to `number` without asking there first (REFER); this call ends. It is asked for again while
        the switch, which has answered just now, has not put the two together yet.

        Raises TransferFailed when it is refused, and when nobody tells what came of it: Asterisk does when the far end
        is given the first sound at `number`, and keeps this call until then.
        """
        try:
            target = f"sip:{number}@{self.phone.domain}"
            await self._retried(lambda: self._stack.transfer(target, timeout=timeout), _is_too_early)
        except TransferFailed as failed:
            # A switch that took the far end along may end our call before it says that it did.
            if failed.status or not self.has_ended:
                raise
        await self.ended(timeout)

    async def transfer_to(self, consultation: PhoneCall, timeout: float = PATIENCE) -> None:
        """Join the far end to the far end of `consultation` (REFER with Replaces); both calls of this phone end."""
        await self._retried(lambda: self._stack.attended_transfer(consultation._stack, timeout=timeout), _is_too_early)
        await self.ended(timeout)
        await consultation.ended(timeout)

    async def _retried(
        self, action: Callable[[], Awaitable[None]], is_chance: Callable[[BaresipError], bool] = lambda _: True
    ) -> None:
        # A re-INVITE is refused while another one is under way; both ends of a fresh call may still be at it.
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                return await action()
            except StaleHandleError:
                raise
            except BaresipError as failed:
                if not is_chance(failed) or loop.time() > until:
                    raise
            await asyncio.sleep(0.05)

    @property
    def quality(self) -> Quality:
        """Statistics of an ended call. Raises RuntimeError before its end."""
        stats = self._stack.final_stats
        if stats is None:
            raise RuntimeError(f"{self!r} has no statistics yet")
        return Quality(
            seconds=stats.duration_s,
            sent=stats.tx_packets,
            received=stats.rx_packets,
            lost=stats.rx_lost,
            jitter_ms=stats.rx_jitter_ms,
            mos=stats.mos_estimate,
        )

    # --- keys -----------------------------------------------------------------------------------------------------

    async def press(self, digits: str, gap: float = 0.12) -> None:
        """Press keys, the way the phone was made for, `gap` seconds apart (in-band always a tenth of one).

        Keys that come after the call's end are lost: the far end may hang up at the key it waited for.
        """
        if self.phone.keys == "inband":
            await self.press_in_band(digits)
        else:
            with contextlib.suppress(StaleHandleError):
                await self._stack.send_dtmf(digits, round(gap * 1000))

    async def press_in_band(self, digits: str) -> None:
        """Press keys as tones in the audio."""
        rate, _ = self._format
        await self.say(sound.keys(digits, rate))

    async def hears_digits(self, digits: str, timeout: float = PATIENCE) -> None:
        """Wait until the far end has pressed exactly these keys since the call began."""
        await self._until(lambda: len(self.digits) >= len(digits), timeout, f"{digits!r} were not pressed")
        if self.digits != digits:
            raise AssertionError(f"{self!r} got the keys {self.digits!r}, not {digits!r}")

    # --- sound ----------------------------------------------------------------------------------------------------

    def play(self, *frequencies: int) -> None:
        """Send a tone of these frequencies (Hz) from now on; silence without any."""
        self._tone = frequencies

    async def say(self, pcm: bytes) -> None:
        """Send 16-bit mono samples at the line's rate (8000 on a u-law line) and return when they are sent."""
        self._pcm += pcm
        await self._until(
            lambda: not self._pcm or self.has_ended, len(pcm) / 16000 + PATIENCE, "did not send its sound"
        )

    @property
    def heard(self) -> Sound:
        """What was heard lately, at most eight seconds of it."""
        return Sound.of(bytes(self._heard), *self._format)

    def heard_last(self, seconds: float) -> Sound:
        """What was heard in the last `seconds`."""
        rate, channels = self._format
        return Sound.of(bytes(self._heard[-2 * channels * int(rate * seconds) :]), rate, channels)

    async def hears(self, *frequencies: int, timeout: float = PATIENCE) -> Sound:
        """Wait until these tones, and hardly anything else, are heard in sound that arrives from now on."""
        wanted = " and ".join(f"{hertz} Hz" for hertz in frequencies)
        return await self._hears(lambda heard: heard.has(*frequencies), timeout, f"never heard {wanted}")

    async def hears_something(self, timeout: float = PATIENCE) -> Sound:
        """Wait until anything but silence is heard: a prompt, music, a voice."""
        return await self._hears(lambda heard: not heard.is_silence, timeout, "heard nothing but silence")

    async def hears_sound(self, wanted: Sound, timeout: float = PATIENCE) -> None:
        """Wait until all of a sound, of eight seconds at most, was heard."""
        async with asyncio.timeout(wanted.seconds + timeout):
            while self.heard.likeness(wanted) < _ALIKE:
                if self.has_ended:
                    raise AssertionError(
                        f"{self!r} heard {self.heard.likeness(wanted):.2f} of {wanted!r} before it ended"
                    )
                await asyncio.sleep(_GLANCE)

    async def hears_other_than(self, *frequencies: int, timeout: float = PATIENCE) -> Sound:
        """Wait until something is heard in which none of these tones is: music instead of the far end, say."""
        return await self._hears(
            lambda heard: not heard.is_silence and max(heard.share(hertz) for hertz in frequencies) < 0.3,
            timeout,
            f"heard nothing other than {frequencies}",
        )

    async def hears_silence(self, seconds: float = 0.5, timeout: float = PATIENCE) -> None:
        """Wait until nothing was heard for `seconds` on end: silent packets, or no packet at all."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        deadline = start + timeout
        while True:
            before = self._heard_total
            await asyncio.sleep(seconds)
            rate, channels = self._format
            fresh = min(self._heard_total - before, len(self._heard))
            if Sound.of(bytes(self._heard[len(self._heard) - fresh :]), rate, channels).is_silence:
                return
            if loop.time() > deadline:
                raise TimeoutError(f"{self!r} was never silent; it hears {self.heard_last(1)!r}")

    async def _hears(self, accepts: Callable[[Sound], bool], timeout: float, complaint: str) -> Sound:
        start = self._heard_total
        found: list[Sound] = []

        def is_heard() -> bool:
            rate, channels = self._format
            fresh = (self._heard_total - start) / (2 * rate * channels)
            if fresh < _WINDOW:
                return False
            heard = self.heard_last(_WINDOW)
            if accepts(heard):
                found.append(heard)
            return bool(found) or self.has_ended

        await self._until(is_heard, timeout, complaint)
        if not found:
            raise AssertionError(f"{self!r} {complaint} before it ended: {self.heard_last(1)!r}")
        return found[0]

    async def _until(self, condition: Callable[[], bool], timeout: float, complaint: str) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            last = self.heard_last(1)
            raise TimeoutError(f"{self!r} {complaint} in {timeout} s; it hears {last!r}") from None

    def _pump(self) -> None:
        """Give the line what it needs for the next moment, and take what came."""
        audio = self._stack.audio
        try:
            info = audio.info()
            if info.tx_ready:
                self._feed(info.tx_sample_rate, info.tx_channels, info.tx_buffered)
            if info.rx_ready:
                self._format = (info.rx_sample_rate, info.rx_channels)
                while heard := audio.read(1 << 15):
                    self._heard += heard
                    self._heard_total += len(heard)
                excess = len(self._heard) - int(_MEMORY * 2 * info.rx_sample_rate) * info.rx_channels
                if excess > 0:
                    del self._heard[:excess]
                self._changed.set()
        except (AudioNotActive, AudioRestarted):
            pass  # not up yet, over, or between two offers: the next tick binds to what is there then

    def _feed(self, rate: int, channels: int, waiting: int) -> None:
        wanted = int(_AHEAD * rate) * 2 - waiting // channels
        wanted -= wanted % 2
        if wanted <= 0:
            return
        if self._pcm:
            samples, self._pcm = self._pcm[:wanted], self._pcm[wanted:]
        elif self._tone:
            second = sound.tone(self._tone, rate)
            start = self._position % len(second)
            samples = (second + second)[start : start + wanted]
            self._position = start + wanted
        else:
            return
        if channels > 1:
            samples = b"".join(samples[n : n + 2] * channels for n in range(0, len(samples), 2))
        self._stack.audio.write(samples)


class Phone:
    """One SIP identity: a desk phone that registers, or a caller behind a trunk that never does."""

    def __init__(self, phones: Phones, agent: UserAgent, user: str, domain: str, tone: tuple[int, ...]) -> None:
        self.phones, self.user, self.domain, self.tone = phones, user, domain, tone
        self.rule: Rule = Answer()
        """What it does with the next incoming call."""
        self.calls: list[PhoneCall] = []
        """All its calls, the latest last, but for those that it forgot."""
        self.headers: dict[str, str] = {}
        """Headers of every INVITE it sends."""
        self.keys: Keys = "rfc4733"
        self.is_registered = False
        self._agent = agent
        self._arrived = asyncio.Event()
        agent.on_incoming(self._on_incoming)

    def __repr__(self) -> str:
        return f"<Phone {self.user}>"

    async def register(self, timeout: float = PATIENCE) -> None:
        """Register. Raises RegistrationError, whose `status` is the registrar's answer (401, 403 ...)."""
        try:
            await self._agent.register(timeout=timeout)
        except RegistrationError as refused:
            # Of tens of thousands one was refused whose password was right, by an Asterisk that knew the phone; as a
            # desk phone does, it asks again. Whom Asterisk means to refuse, it refuses again.
            if refused.status != 401:
                raise
            await self._agent.register(timeout=timeout)
        self.is_registered = True

    async def unregister(self, timeout: float = PATIENCE) -> None:
        """Take the registration back."""
        await self._agent.unregister(timeout=timeout)
        self.is_registered = False

    async def start_call(self, number: str, headers: dict[str, str] | None = None) -> PhoneCall:
        """Send an INVITE for `number` and return at once; wait with `answered()`, `rings()`, `ended()`."""
        stack = await self._agent.dial(f"sip:{number}@{self.domain}", headers={**self.headers, **(headers or {})})
        call = self._add(PhoneCall(self, stack, is_incoming=False))
        self.phones._catch_up(call, stack)
        return call

    async def dial(self, number: str, headers: dict[str, str] | None = None, timeout: float = PATIENCE) -> PhoneCall:
        """Call `number` and return when it is answered. Raises CallFailed (CallBusy on 486) or TimeoutError."""
        call = await self.start_call(number, headers)
        try:
            await call.answered(timeout)
        except TimeoutError:
            await call.hang_up()
            raise
        return call

    @property
    def call(self) -> PhoneCall:
        """Its latest call. Raises LookupError when it never had one."""
        if not self.calls:
            raise LookupError(f"{self!r} had no call")
        return self.calls[-1]

    @property
    def ongoing(self) -> list[PhoneCall]:
        """Its calls that have not ended."""
        return [call for call in self.calls if not call.has_ended]

    def forget_ended(self) -> None:
        """Let its ended calls go, with what they heard: a phone that is used for hours keeps only what is up.

        The stack frees an identity only with itself, so a caller who calls again is better the same Phone.
        """
        self.calls = self.ongoing

    async def incoming(self, timeout: float = PATIENCE, *, number: int | None = None) -> PhoneCall:
        """Wait for a call that arrives from now on, or for its `number`-th incoming call ever (1 = the first)."""
        wanted = number if number is not None else len(self._received()) + 1
        try:
            async with asyncio.timeout(timeout):
                while len(self._received()) < wanted:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise TimeoutError(f"{self!r} was not called in {timeout} s") from None
        return self._received()[wanted - 1]

    def _received(self) -> list[PhoneCall]:
        return [call for call in self.calls if call.is_incoming]

    def _add(self, call: PhoneCall) -> PhoneCall:
        self.calls.append(call)
        self.phones._carry(call)
        return call

    def _on_incoming(self, stack: StackCall) -> None:
        call = self._add(PhoneCall(self, stack, is_incoming=True))
        self._arrived.set()
        if not isinstance(self.rule, Ring):
            self.phones._own(self._follow_rule(call, self.rule))

    async def _follow_rule(self, call: PhoneCall, rule: Answer | Refuse) -> None:
        await asyncio.sleep(rule.after)
        if call.has_ended:
            return  # the caller gave up meanwhile
        with contextlib.suppress(StaleHandleError):
            await (call._stack.answer() if isinstance(rule, Answer) else call._stack.reject())


class Phones:
    """The SIP stack of this process with all its phones."""

    # The stack takes only an address that an interface was given, so not one of kit.loopback. The kernel picks its SIP
    # ports; its RTP sockets are on all addresses, which no setting of it changes.
    address = "127.0.0.1"

    def __init__(self, *, show_headers: tuple[str, ...] = (), dead_after: int = 0, trace: bool = False) -> None:
        """`show_headers`: INVITE headers kept in `PhoneCall.headers`. `dead_after`: seconds without RTP that end a call
        (0: never). `trace`: log every SIP message under the logger baresip.native.sip."""
        self._show_headers, self._dead_after, self._trace = show_headers, dead_after, trace
        self.all: list[Phone] = []
        self._calls: list[PhoneCall] = []
        self._latest: deque[StackEvent] = deque(maxlen=200)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._runtime = Runtime(command_timeout=PATIENCE, watchdog_interval=60, native_log_level="error")
        await self._runtime.start(
            Config(
                net_interface=self.address,
                expose_headers=self._show_headers,
                max_concurrent_calls=None,
                native_log_level="debug" if self._trace else "error",
                rtp_timeout=self._dead_after,
                sip_trace=self._trace,
            )
        )
        self._runtime.subscribe(self._note)
        self._pump = asyncio.create_task(self._pump_all(), name="phones-audio")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up whatever is still up and stop the stack and its threads."""
        try:
            await self.hang_up_all()
        finally:
            tasks = [self._pump, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._runtime.close()

    async def hang_up_all(self, timeout: float = 2.0) -> None:
        """End all calls; those whose far end no longer answers are left to the stack after `timeout` seconds."""
        ongoing = [call for call in self._calls if not call.has_ended]
        for call in ongoing:
            with contextlib.suppress(BaresipError):
                await call._stack.hangup()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                for call in ongoing:
                    await call.ended(timeout)

    async def phone(
        self,
        user: str,
        domain: str,
        password: str = "",
        *,
        name: str = "",
        tone: int | tuple[int, ...] = (),
        dtmf: Keys = "rfc4733",
        transport: Literal["udp", "tcp"] = "udp",
        rule: Rule | None = None,
        refer: Literal["auto", "reject"] = "auto",
    ) -> Phone:
        """A phone of `user` on the switch at `domain` ("address:port"), not registered yet.

        `name` is its caller id name, `tone` what it says in its calls, `dtmf` how its keys travel, `rule` what it does
        when it is called (Answer at once by default), `refer` what it does when the far end transfers it.
        """
        account = Account(
            user=user,
            domain=domain,
            password=password,
            transport=transport,
            dtmf_mode="info" if dtmf == "info" else "rtpevent",
        )
        phone = await self._make(account.aor(), name, user, domain, tone, rule or Answer(), refer)
        phone.keys = dtmf
        return phone

    async def caller(
        self,
        number: str,
        switch: str,
        *,
        name: str = "",
        tone: int | tuple[int, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> Phone:
        """Somebody outside who calls in through a trunk: no registration, `number` and `name` as caller id.

        `headers` go with each INVITE; without any, the one that tells the trunk of `kit.basis`. A trunk told by its
        address sees `Phones.address`.
        """
        account = Account(user=number, domain=self.address, password="", reg_interval=0)
        phone = await self._make(account.aor(), name, number, switch, tone, Answer(), "auto")
        phone.headers = dict([TRUNK_HEADER.split(": ")] if headers is None else headers)
        return phone

    async def _make(
        self,
        aor: str,
        name: str,
        user: str,
        domain: str,
        tone: int | tuple[int, ...],
        rule: Rule,
        refer: Literal["auto", "reject"],
    ) -> Phone:
        if name:
            quoted = name.replace("\\", "").replace('"', "")
            aor = f'"{quoted}" {aor}'
        agent = await UserAgent.create(self._runtime, aor, transfer_policy=refer)
        phone = Phone(self, agent, user, domain, (tone,) if isinstance(tone, int) else tone)
        phone.rule = rule
        agent.on_transfer_call(lambda stack: phone._add(PhoneCall(phone, stack, is_incoming=False)))
        self.all.append(phone)
        return phone

    def _carry(self, call: PhoneCall) -> None:
        self._calls.append(call)

    def _note(self, event: StackEvent) -> None:
        """Keep the latest events: a far end that answers at once does so before anybody has the call in hand."""
        if event.event in _TURNS:
            self._latest.append(event)

    def _catch_up(self, call: PhoneCall, stack: StackCall) -> None:
        """Let a new call know of what happened to it before it could listen."""
        for event in [event for event in self._latest if event.call == stack.handle]:
            if event.event is Event.CALL_RINGING or stack.state is not _TURNS[event.event]:
                stack._on_stack_event(event)

    def _own(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump_all(self) -> None:
        while True:
            for call in self._calls:
                call._pump()
            self._calls = [call for call in self._calls if not call.has_ended]
            await asyncio.sleep(_TICK)


@contextlib.asynccontextmanager
async def talking(caller: Phone, number: str, callee: Phone) -> AsyncIterator[tuple[PhoneCall, PhoneCall]]:
    """A call from `caller` to `callee` by its `number`, both ends answered; hung up at the end."""
    expected = len(callee._received()) + 1
    call = await caller.dial(number)
    other = await callee.incoming(number=expected)
    await other.answered()
    try:
        yield call, other
    finally:
        await call.hang_up()
        await other.ended()
