"""Loopback addresses that nobody else is using, for switches and phones that run side by side."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

# 127.77.0.0/16: every Linux host answers on all of 127/8, and nothing else is known to choose this corner.
NETWORK = "127.77"
SIZE = 254 * 254


@dataclass(frozen=True)
class Lease:
    """An address of the host's loopback that is this process's alone until `close()`, or until the process ends."""

    address: str
    guard: socket.socket = field(repr=False)

    def close(self) -> None:
        self.guard.close()

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lease() -> Lease:
    """Take a free loopback address, whatever other processes, workers and users take theirs at the same time."""
    for address in _candidates():
        guard = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # An abstract name: exclusive on the host, and the kernel frees it with the process, even a killed one.
            guard.bind(f"\0cordboard-loopback-{address}")
        except OSError:
            guard.close()
        else:
            return Lease(address, guard)
    raise RuntimeError(f"no address of {NETWORK}.0.0/16 is free")


def _candidates() -> Iterator[str]:
    start = os.getpid() * 251  # neighbours in time start far from one another
    for step in range(SIZE):
        high, low = divmod((start + step) % SIZE, 254)
        yield f"{NETWORK}.{high + 1}.{low + 1}"


def free_port(address: str, preferred: int = 0, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """`preferred` when it can be bound on `address`, or else a port that can."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError(f"no port of {address} is free")
