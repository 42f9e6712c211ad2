"""No error of a socket, of TLS, of panoramisk or of a timeout leaves the wing under another name than our own."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ami import errors
from ami.actions import Ping
from ami.client import Address, open_manager
from ami.errors import AmiError, LinkDown
from ami.wire import Wire
from kit.asterisk_peer import AmiPeer

FOREIGN = [
    ConnectionRefusedError(111, "Connection refused"),
    ConnectionResetError(104, "Connection reset by peer"),
    TimeoutError("connect"),
    socket.gaierror(-2, "Name or service not known"),
    ssl.SSLCertVerificationError(1, "certificate verify failed"),
    OSError(24, "Too many open files"),
    UnicodeError("label too long"),
]


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
async def test_what_a_connection_raises_is_ours(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", fail)
    with pytest.raises(LinkDown) as told:
        await Wire(Address("pbx", 5038, "run", "run-secret")).open(5)
    assert "run-secret" not in str(told.value)


def test_the_tree_is_the_one_that_is_drawn() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert {kind.__name__ for kind in kinds} == {
        "AmiError", "LinkDown", "LoginRefused", "ActionRefused", "OutcomeUnknown", "UnsafeValue",
    }  # fmt: skip
    assert all(issubclass(kind, AmiError) for kind in kinds)
    assert all(kind.__name__ in str(errors.__doc__) for kind in kinds)


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@asynccontextmanager
async def behind_tls(peer: AmiPeer, certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    """A port that speaks TLS and hands what it hears to the peer."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        near, far = await asyncio.open_connection(peer.host, peer.port)
        pumps = [asyncio.create_task(pump(reader, far)), asyncio.create_task(pump(near, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in pumps:
                each.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for stream in (far, writer):
                stream.transport.abort()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(4096):
            sink.write(data)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def test_tls_is_verified_and_used(certificate: tuple[Path, Path]) -> None:
    async with AmiPeer() as peer, behind_tls(peer, certificate) as port:
        trusted = Address("localhost", port, "test", "test-secret", tls=True, ca_file=str(certificate[0]))
        async with open_manager(trusted) as manager:
            await manager.act(Ping())


async def test_a_certificate_nobody_vouches_for_is_refused(certificate: tuple[Path, Path]) -> None:
    async with AmiPeer() as peer, behind_tls(peer, certificate) as port:
        with pytest.raises(LinkDown, match="certificate verify failed"):
            async with open_manager(Address("localhost", port, "test", "test-secret", tls=True)):
                raise AssertionError("never entered")
        wrong_name = Address("127.0.0.1", port, "test", "test-secret", tls=True, ca_file=str(certificate[0]))
        with pytest.raises(LinkDown, match="certificate verify failed"):
            async with open_manager(wrong_name):
                raise AssertionError("never entered")
        assert not any(action["Action"] == "Login" for action in peer.actions)
