"""Another system whose one answer comes from a thread, for callers whose own loop stands still.

with SystemBeside() as system:
    system.says = b'{"tier": "gold"}'       # b"": it hangs
    ... ask system.url ...
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

HOST = "127.0.0.1"


class SystemBeside:
    def __init__(self) -> None:
        self.says = b""
        self.paths: list[str] = []
        self.answered = threading.Event()
        self._ending = threading.Event()
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.02))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        system = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                system.paths.append(self.path)
                if not system.says:
                    system._ending.wait()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(system.says)))
                self.end_headers()
                self.wfile.write(system.says)
                system.answered.set()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
