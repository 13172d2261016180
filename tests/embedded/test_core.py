"""What the embedded AWS is made of is there once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from labkit.embedded.core import Embedded
from labkit.embedded.services.lambda_.invoke import runners
from labkit.ground.home import open_home


def test_threads_that_ask_at_once_get_the_same_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = Event()
    made: list[object] = []

    class Slow(runners.Runners):
        def __init__(self, home: object) -> None:
            super().__init__(open_home(tmp_path / "home"))
            made.append(self)
            if len(made) > 1:
                second.set()
            second.wait(0.1)  # long enough for another thread to make one of its own, if nothing kept it from that

    monkeypatch.setattr(runners, "Runners", Slow)
    embedded = Embedded(open_home(tmp_path / "home"))
    with ThreadPoolExecutor(4) as pool:
        found = {id(each) for each in pool.map(lambda _: embedded.runners, range(4))}
    embedded.close()
    assert (len(made), len(found)) == (1, 1)
