import json
import socket
import threading
from contextlib import ExitStack

import pytest

from labkit.image.format.errors import ImageError, Throttled
from labkit.image.run.pool import SandboxPool

# Each handler connects to the test and waits until this lets it go.
WAITING = """\
import os, socket
def handler(event, context):
    if event:
        with socket.create_connection(event) as test:
            test.recv(1)
    return os.getpid()
"""


@pytest.fixture
def pool(function):
    pool = SandboxPool(function(WAITING, timeout=60), limit=2)
    yield pool
    pool.close()


@pytest.fixture
def call(pool):
    """``call()``: an invocation whose handler runs and waits until the test lets it finish."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as opened:
        listener.settimeout(60)  # a handler that does not come is a failure and no endless wait

        def begun():
            begun = Call(pool, listener)
            opened.callback(begun.handler.close)
            return begun

        yield begun


class Call(threading.Thread):
    def __init__(self, pool, listener):
        super().__init__(daemon=True)
        self.pool, self.address, self.result = pool, listener.getsockname(), None
        self.start()
        self.handler, _ = listener.accept()

    def run(self):
        self.result = self.pool.invoke(json.dumps(self.address).encode())

    def finish(self):
        self.handler.close()
        self.join()
        return self.result


def test_calls_at_the_same_time_get_environments_of_their_own_and_the_next_is_throttled(pool, call):
    one, two = call(), call()
    with pytest.raises(Throttled, match="All 2 environments") as caught:
        pool.invoke(b"")
    assert caught.value.limit == 2
    assert one.finish().payload != two.finish().payload
    assert pool.invoke(b"").init_duration_ms is None


def test_calls_after_each_other_share_one_environment(pool):
    assert len({pool.invoke(b"").payload for _ in range(3)}) == 1


def test_of_the_environments_of_calls_at_the_same_time_the_last_one_stays_and_makes_room(pool, call):
    calls = [call(), call()]
    ended = [each.finish() for each in calls]
    assert pool.invoke(b"").payload == ended[-1].payload
    again = [call(), call()]
    assert [each.result for each in again] == [None, None]
    results = [each.finish() for each in again]
    assert [result.init_duration_ms is None for result in results] == [True, False]


def test_closing_ends_the_busy_ones_too(pool, call):
    busy = call()
    pool.close()
    busy.join()
    assert busy.result.function_error == "Unhandled"
    with pytest.raises(ImageError, match="not running"):
        pool.invoke(b"")


def test_the_pool_names_the_interpreter(pool):
    assert "of the lab" in pool.interpreter
