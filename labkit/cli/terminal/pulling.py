"""A pull in a terminal: a bar while AWS's base image comes, and the line that stays of it."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from labkit.ground.threads import HAVE_THREADS


class LivePull:
    """A progress for ``Lab.build_image(pulling=…)``, shown only where there is something to pull."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._bar = Progress(*columns, console=console, transient=True, auto_refresh=HAVE_THREADS)
        self._console = console
        self._total = 0

    def __call__(self, done: int, total: int) -> None:
        """Show how many bytes of how many are there."""
        if not self._total:
            self._console.print(
                f"Pulling AWS's base image from public.ecr.aws ({total / 1e6:,.0f} MB), kept for next time."
            )
            self._bar.start()
            self._bar.add_task("pulling", total=total)
        self._total = total  # Docker learns the size of a layer when that one is begun
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def __enter__(self) -> LivePull:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
