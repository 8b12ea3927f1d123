"""Runs hostile clients in a process of their own, with the lowest priority: on other machines, too, they would take no
processor time from the server and from the clients that measure."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Awaitable, Callable

from comparison.processes import Broken

END_PATIENCE = 30


class Control:
    """What the work in the other process sees of the process that started it."""

    def __init__(self, pipe: Connection):
        self._pipe = pipe
        self.stopping = asyncio.Event()

    def is_stopping(self) -> bool:
        return self.stopping.is_set()

    def say(self, value: object) -> None:
        """Sends a value to the process that started this one."""
        self._pipe.send((False, value))

    def end(self, result: object) -> None:
        self._pipe.send((True, result))


class Beside:
    """Runs `work(control, *arguments)` in another process. As an async context manager it ends with the block;
    `result` is then what `work` returned."""

    def __init__(self, work: Callable[..., Awaitable[object]], *arguments: object):
        context = multiprocessing.get_context("spawn")
        self._here, self._there = context.Pipe()
        self._process = context.Process(target=run, args=(self._there, work, arguments), daemon=True)
        self.result: object = None

    async def __aenter__(self) -> Beside:
        self._process.start()
        # Only the other process keeps its end, so that its exit closes the pipe.
        self._there.close()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            # Work that has nothing left to do has ended already.
            with suppress(OSError):
                self._here.send("stop")
            is_result = False
            while not is_result:
                is_result, self.result = await self._received()
        self._process.kill()
        self._process.join()

    async def said(self) -> object:
        """Waits for the next value that the work says."""
        return (await self._received())[1]

    async def _received(self) -> tuple[bool, object]:
        """The next value, and whether it is the result of the work."""
        arrived = await asyncio.to_thread(self._here.poll, END_PATIENCE)
        if not arrived:
            raise Broken("the clients in another process do not answer")
        try:
            return self._here.recv()
        except EOFError:
            raise Broken("the clients in another process ended early") from None


def run(pipe: Connection, work: Callable[..., Awaitable[object]], arguments: tuple[object, ...]) -> None:
    os.nice(19)
    # On Linux it runs only while a processor has nothing else to do, and gives it up at once.
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    # The process that started this one stops it at Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(controlled(pipe, work, arguments))


async def controlled(
    pipe: Connection, work: Callable[..., Awaitable[object]], arguments: tuple[object, ...]
) -> None:
    control = Control(pipe)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # The pipe has the word "stop", or has ended with the process that started this one.
        loop.remove_reader(pipe.fileno())
        control.stopping.set()

    loop.add_reader(pipe.fileno(), stop)
    control.end(await work(control, *arguments))
