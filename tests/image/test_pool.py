import json
import os
import threading
from pathlib import Path

import pytest

from labkit.image.errors import ImageError, Throttled
from labkit.image.pool import SandboxPool

# Each handler says that it is there and waits until the test lets it go.
WAITING = """\
import os
def handler(event, context):
    if event:
        with open(event["here"], "w") as pipe: pipe.write("x")
        with open(event["go"]) as pipe: pipe.read()
    return os.getpid()
"""


@pytest.fixture
def pool(function):
    pool = SandboxPool(function(WAITING, timeout=60), limit=2)
    yield pool
    pool.close()


class Call(threading.Thread):
    def __init__(self, pool, folder, name):
        super().__init__()
        self.pool, self.pipes = pool, {"here": str(folder / f"{name}.here"), "go": str(folder / f"{name}.go")}
        for pipe in self.pipes.values():
            os.mkfifo(pipe)
        self.result = None
        self.start()
        with Path(self.pipes["here"]).open() as here:
            here.read()

    def run(self):
        self.result = self.pool.invoke(json.dumps(self.pipes).encode())

    def finish(self):
        with Path(self.pipes["go"]).open("w") as go:
            go.write("x")
        self.join()
        return self.result


def test_calls_at_the_same_time_get_environments_of_their_own_and_the_next_is_throttled(pool, tmp_path):
    one, two = Call(pool, tmp_path, "one"), Call(pool, tmp_path, "two")
    with pytest.raises(Throttled, match="All 2 environments") as caught:
        pool.invoke(b"")
    assert caught.value.limit == 2
    assert one.finish().payload != two.finish().payload
    assert pool.invoke(b"").init_duration_ms is None


def test_calls_after_each_other_share_one_environment(pool):
    assert len({pool.invoke(b"").payload for _ in range(3)}) == 1


def test_closing_ends_the_busy_ones_too(pool, tmp_path):
    call = Call(pool, tmp_path, "one")
    pool.close()
    call.join()
    assert call.result.function_error == "Unhandled"
    with pytest.raises(ImageError, match="not running"):
        pool.invoke(b"")


def test_the_pool_names_the_interpreter(pool):
    assert "of the lab" in pool.interpreter
