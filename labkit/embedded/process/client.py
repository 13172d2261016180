"""Finding, starting, stopping and resetting the embedded AWS of a lab home; what the rest of the lab imports.

It runs in one of two ways behind the same functions and the same control requests: as a process of its own
(`labkit.embedded.process.child`), or within this very process (`labkit.embedded.process.here`).

Whether it runs is asked of the process itself (`labkit.embedded.process.running`); stopping ends it in any case, also
where it does not answer. Starting and stopping are done under a lock of the home, so that two who start at the same
time get one process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.embedded.process import child, here
from labkit.embedded.process.running import NO_ANSWER, ElsewhereError, Running, ask, find, read
from labkit.embedded.state.lab_clock import NOW, ClockReading, kept_offset, span
from labkit.embedded.state.runtime import READY, read_runtime
from labkit.embedded.state.settings import WorldSettings
from labkit.embedded.state.timing import Timing
from labkit.errors import EmbeddedError, UsageError
from labkit.ground.environment import apply, lab_variables
from labkit.ground.home import Home, home_path, inspect_home, open_home, unusable

if TYPE_CHECKING:
    from labkit.embedded.state.snapshots import Snapshot

_SAVED_WITHIN = 300.0  # seconds
_ALONE_WITHIN = 60.0
_STOP_WITHIN = 30.0


def settings(root: Path | None = None) -> WorldSettings:
    """The settings of a lab home's world; the defaults where none were made. Raises `UsageError`."""
    return WorldSettings.read(inspect_home(home_path(root)).settings)


def status(root: Path | None = None) -> Running | None:
    """The embedded AWS of a lab home, or None where it does not run.

    Raises `UsageError` for a foreign home, and `EmbeddedError` where it runs but is of no use.
    """
    return find(inspect_home(home_path(root)))


def ensure(root: Path | None = None, port: int | None = None, run_as: str | None = None) -> Running:
    """Find the embedded AWS of a lab home, or start it, as a process of its own or in-process (`here.KINDS`).

    What ``run_as`` leaves open is decided by `here.wanted`, or by what runs already. Raises `UsageError` for a home
    that cannot be used or a port that there cannot be, and `EmbeddedError` with the reason when it does not start, or
    runs in the other way.
    """
    _check_port(port)
    home = inspect_home(home_path(root))
    kind = here.wanted(home, run_as)
    running = _found(home, kind)
    if running is None:
        home = open_home(home.root)
        with _alone(home):
            running = _found(home, kind) or _start(home, port, kind)
    if port is not None and not running.endpoint.endswith(f":{port}"):
        raise EmbeddedError(f"The embedded AWS already answers at {running.endpoint}. Stop it first to choose a port.")
    return running


def _check_port(port: int | None) -> None:
    if port is not None and not 1 <= port <= 65535:
        raise UsageError(f"The port must be a number from 1 to 65535, not {port}.")


def stop(root: Path | None = None) -> bool:
    """Stop the embedded AWS of a lab home and wait until it has ended; False where it did not run."""
    home = inspect_home(home_path(root))
    if not home.embedded.exists():
        return False
    with _alone(home):
        return _stop(home)


def reset(root: Path | None = None, *, everything: bool = False) -> Running:
    """Throw the state away and start anew; settings, choices, snapshots and the administrators' keys stay, unless
    ``everything`` is to go."""
    from labkit.embedded.records import fresh

    home = open_home(home_path(root))
    return _begin_anew(home, fresh.start_all_afresh if everything else fresh.start_afresh)


def save_snapshot(root: Path | None, name: str) -> Snapshot:
    """Keep the state of a lab home under a name, whether it runs or not; one that never ran is started.

    Raises what `snapshots.save` raises.
    """
    from labkit.embedded.state import snapshots
    from labkit.embedded.state.opening import open_database

    snapshots.check_name(name)
    home = inspect_home(home_path(root))
    if not home.database.exists():
        ensure(root)
    if find(home) is not None:
        ask(home, "POST", "/_labkit/snapshot", {"name": name}, _SAVED_WITHIN)
        return snapshots.find(home, name)
    with _alone(home):
        db = open_database(home)
        try:
            return snapshots.save(home, db, name)
        finally:
            db.close()


def load_snapshot(root: Path | None, name: str) -> Running:
    """Let the state of a lab home be that of a snapshot, and start it.

    Raises `UsageError` where there is no such snapshot, and `EmbeddedError` for one that is damaged or of a newer
    version; then nothing is changed.
    """
    from labkit.embedded.services.lambda_.invoke.restored import bring_back
    from labkit.embedded.state import snapshots

    home = inspect_home(home_path(root))
    snapshot = snapshots.find(home, name)
    snapshot.check()
    return _begin_anew(home, lambda home: bring_back(home, snapshot))


def present_contents(root: Path | None = None) -> Mapping[str, int] | None:
    """How many things of each kind the state of a lab home has; None where there is none that can be read."""
    from labkit.embedded.state.inventory import contents
    from labkit.embedded.state.opening import open_database

    home = inspect_home(home_path(root))
    served = here.served(home)
    if served:
        return contents(served.embedded.database)
    if not home.database.exists():
        return None
    try:
        db = open_database(home)
    except EmbeddedError:
        return None
    try:
        return contents(db)
    finally:
        db.close()


def add_account(root: Path | None, number: str, run_as: str | None = None) -> None:
    """Let an account exist outside, so that policies can name it. Raises `UsageError` for a number that is none."""
    running = ensure(root, run_as=run_as)
    ask(Home(running.home), "POST", "/_labkit/account", {"account": number})


def replicate(root: Path | None, repository: str, source: tuple[str, str], target: tuple[str, str]) -> str:
    """Let a replica of a repository be made, from one account and region to another; answers the replica's URI.

    Raises `UsageError` where there can be none (`labkit.embedded.services.ecr.replicas`).
    """
    running = ensure(root)
    asked = {"repository": repository, "account": source[0], "region": source[1]}
    answer = ask(
        Home(running.home), "POST", "/_labkit/replica", {**asked, "to_account": target[0], "to_region": target[1]}
    )
    return str(answer["uri"])


def clock(root: Path | None = None) -> ClockReading:
    """The lab's clock, also where the embedded AWS does not run: its state keeps how far ahead it is."""
    from labkit.embedded.state.clock import SystemClock
    from labkit.embedded.state.opening import open_database

    home = inspect_home(home_path(root))
    running = find(home)
    if running is not None:
        return ClockReading.of(running.details["clock"])
    ahead = timedelta()
    if home.database.exists():
        db = open_database(home)
        try:
            ahead = kept_offset(db)
        finally:
            db.close()
    return ClockReading(SystemClock().now() + ahead, ahead)


def account_named(root: Path | None, name: str | None) -> str | None:
    """The number of the account that a profile of the lab is for; a number is that. Raises `UsageError` for others."""
    known = settings(root).accounts
    if name is None or (len(name) == 12 and name.isdecimal()):
        return name
    if name not in known:
        raise UsageError(f"The lab has no profile named {name!r}: use one of {', '.join(known)}, or 12 digits.")
    return known[name]


def trail(root: Path | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What `labkit.embedded.services.cloudtrail.log.read` answers, also where the embedded AWS does not run."""
    from labkit.embedded.services.cloudtrail import log
    from labkit.embedded.state.opening import open_database

    home = inspect_home(home_path(root))
    if find(home) is not None:
        return ask(home, "POST", "/_labkit/trail", wanted)
    if not home.database.exists():
        return {"entries": [], "last": 0}
    db = open_database(home)
    try:
        return log.read(db, log.Wanted.parse(wanted))
    finally:
        db.close()


def move_clock(root: Path | None, text: str) -> ClockReading:
    """Move the lab's clock by a span such as ``+30d``, or with ``now`` back to this machine's; starts the embedded AWS
    where it does not run, since what becomes due is done by it. Raises `UsageError` for what is no span."""
    by = None if text.strip() == NOW else text
    if by is not None:
        span(by)
    running = ensure(root)
    return ClockReading.of(ask(Home(running.home), "POST", "/_labkit/clock", {"by": by}))


def vpc_endpoints(root: Path | None) -> list[dict[str, Any]]:
    """The VPC endpoints that calls of profiles go through, as `labkit.embedded.request.endpoints.settled` has them."""
    found: list[dict[str, Any]] = ensure(root).details["vpc_endpoints"]
    return found


def let_through(root: Path | None, endpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Let the calls of a profile go through a VPC endpoint, or through none: as `vpc_endpoints`, policy None.

    Answers all endpoints that there are then. Raises `UsageError`; then nothing is changed.
    """
    running = ensure(root)
    answer = ask(Home(running.home), "POST", "/_labkit/endpoint", dict(endpoint))
    found: list[dict[str, Any]] = answer["vpc_endpoints"]
    return found


def _begin_anew(home: Home, begin: Callable[[Home], None]) -> Running:
    """Stop the embedded AWS, let it begin from another state, and start it in the same way."""
    kind = here.IN_PROCESS if here.served(home) else here.wanted(home)
    with _alone(home):
        _stop(home)
        begin(home)
        return _start(home, None, kind)


def apply_world(root: Path | None, chosen: WorldSettings, run_as: str | None = None) -> Running:
    """Make exist what ``chosen`` names, and rewrite the profiles. Raises `UsageError`; then nothing is changed."""
    running = ensure(root, run_as=run_as)
    home = Home(running.home)
    answer = ask(home, "POST", "/_labkit/world", chosen.to_dict())
    return replace(read(home, answer), started=running.started)


def let_time_pass(
    root: Path | None,
    realistic: bool | None,
    timing: Mapping[str, float] | None = None,
    run_as: str | None = None,
) -> Running:
    """Let what takes time on AWS take time, or not; None leaves it as it is. ``timing``: names of `Timing` to seconds.

    Raises `UsageError` for names and numbers that cannot be; then nothing is changed.
    """
    before = settings(root)
    chosen = Timing.parse({**before.timing.to_dict(), **(timing or {})})
    wanted = before.realistic if realistic is None else realistic
    return apply_world(root, replace(before, realistic=wanted, timing=chosen), run_as)


def engine_chosen(root: Path | None = None) -> None:
    """Let the embedded AWS, where it runs, end what functions keep warm: another engine may have been chosen."""
    home = inspect_home(home_path(root))
    if here.served(home) or read_runtime(home) is not None:
        with suppress(*NO_ANSWER):  # one that hangs has nothing that could be used
            ask(home, "POST", "/_labkit/engine")


def use_profiles(running: Running) -> None:
    """Point this process's AWS environment at the profiles of the lab."""
    apply(lab_variables(running.home, running.endpoint))


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    if sys.platform == "emscripten":  # there is nobody else
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(home.start_lock, mode=0o600)
    try:
        lock.acquire(timeout=_ALONE_WITHIN)
    except Timeout:
        raise EmbeddedError(f"Somebody else has been starting or stopping {home.root} for too long.") from None
    except OSError as error:
        raise unusable(home, error) from None
    try:
        yield
    finally:
        lock.release()


def _found(home: Home, kind: str | None) -> Running | None:
    """What runs, if it is of the kind that is wanted; one in this process makes way for a process of its own."""
    running = find(home)
    if running is None or kind in (None, running.run_as):
        return running
    if here.stop(home):
        return None
    raise EmbeddedError(
        f"The embedded AWS of {home.root} runs as a process of its own (process {running.pid}). Run 'labkit down' to "
        "end it, and then let it run in-process."
    )


def _start(home: Home, port: int | None, kind: str | None) -> Running:
    WorldSettings.read(home.settings)
    if kind == here.IN_PROCESS:
        if port is not None:
            raise UsageError("An embedded AWS that runs in-process has no port. Choose a port, or in-process.")
        here.start(home)
    else:
        said = child.launch(home, port)
        if said != READY:
            raise EmbeddedError(said or f"The embedded AWS ended while it started; {home.log} may say why.")
    running = find(home)
    if running is None:
        raise EmbeddedError(f"The embedded AWS ended as soon as it had started; {home.log} may say why.")
    return replace(running, started=True)


def _stop(home: Home) -> bool:
    if here.stop(home):
        return True
    if not child.is_served(home):
        home.runtime.unlink(missing_ok=True)
        _sweep(home)
        return False
    runtime = read_runtime(home)
    if runtime is not None and runtime.in_process:
        raise ElsewhereError(home, runtime.pid)
    ending = runtime is None or _asked_to_stop(home)  # one that ends removes its runtime file first
    if not (ending and child.freed(home, _STOP_WITHIN)):
        child.end(home)
    _sweep(home)
    return True


def _sweep(home: Home) -> None:
    """Remove the containers that a process has left behind that was killed."""
    if home.may_have_containers:
        from labkit.embedded.services.lambda_.invoke.runners import Runners

        Runners(home).sweep()


def _asked_to_stop(home: Home) -> bool:
    try:
        ask(home, "POST", "/_labkit/stop")
    except NO_ANSWER:
        return False
    return True
