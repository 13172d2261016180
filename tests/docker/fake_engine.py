"""A Docker engine that says what it is, and answers what it is told to; it hangs at everything else."""

from __future__ import annotations

import json
import re
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

VERSION = {"Version": "28.0.0", "ApiVersion": "1.48", "Os": "linux", "Arch": "amd64"}
_API_VERSION = re.compile(r"^/v1\.\d+")

Answers = Mapping[str, Any]
"""What is answered to a question such as ``GET /images/json``, as JSON. What is callable is called first for it."""


class FakeEngine:
    """At ``host``. ``asked`` are the questions so far; ``hanging`` is set while one is not answered."""

    def __init__(self, path: Path, answers: Answers) -> None:
        self.host = f"unix://{path}"
        self.asked: list[str] = []
        self.hanging = threading.Event()
        self.over = threading.Event()
        self.answers = {"GET /version": VERSION, **answers}

    def answer(self, question: str) -> Any:
        """The answer, if there is one; else wait for the end and answer nothing."""
        self.asked.append(question)
        if question not in self.answers:
            self.hanging.set()
            self.over.wait()
            return None
        answer = self.answers[question]
        return answer() if callable(answer) else answer


@contextmanager
def fake_engine(path: Path, answers: Answers | None = None) -> Iterator[FakeEngine]:
    """An engine that listens at the socket ``path`` from here to the end."""
    engine = FakeEngine(path, answers or {})

    class Handler(BaseHTTPRequestHandler):
        def address_string(self) -> str:
            return "a socket"

        def log_message(self, *_said: object) -> None:
            pass

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = engine.answer(f"{self.command} {_API_VERSION.sub('', self.path.partition('?')[0])}")
            if answer is None:
                return
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_DELETE = do_GET

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield engine
        finally:
            engine.over.set()
            server.shutdown()
            serving.join()
