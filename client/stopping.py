"""Ctrl-C: once, the report is written with what there is; twice, the run stops where it is."""

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType


@contextmanager
def on_interrupt(say: Callable[[str], None]) -> Generator[asyncio.Event]:
    """The event that the first Ctrl-C sets; the second cancels the current task. Nothing is
    caught outside the main thread, where no signal arrives."""
    stop, task = asyncio.Event(), asyncio.current_task()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if stop.is_set() and task:
            task.cancel()
        else:
            stop.set()
            say("Finishing with what there is; Ctrl-C again stops at once")

    def caught(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(interrupted)

    before = signal.getsignal(signal.SIGINT)
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, caught)
    try:
        yield stop
    finally:
        with suppress(ValueError):
            signal.signal(signal.SIGINT, before)


@contextmanager
def as_usual() -> Generator[None]:
    """Ctrl-C raises KeyboardInterrupt again, while a person is asked something."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
