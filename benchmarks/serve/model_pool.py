"""The models of the server: each in a process of its own, loaded when it is first asked, within a memory budget."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from benchmarks.common.clock import clock
from benchmarks.common.formatting import mebibytes
from benchmarks.execution.processes.launching.launch import preloads_for
from benchmarks.serve.messages import Answer, ModelSource, Question
from benchmarks.serve.model_client import ModelClient, ModelFailedError

WAITING_AT_MOST = 4  # questions to one model: the one that it answers, and those that wait
LOAD_AGAIN_AFTER_S = 5.0  # a model that cannot be loaded is not tried at every stroke
WATCH_EVERY_S = 1.0
BASE_MB = {False: 200.0, True: 600.0}  # a process before its model; with TensorFlow
State = Literal["not loaded", "loading", "loaded", "failed"]


class BusyError(Exception):
    """Too many questions at once, or no memory is free for another model; the message says which."""


class RefusedError(Exception):
    """The images of a question are no good; the message says why."""


@dataclass(frozen=True)
class PoolLimits:
    """``memory_mb`` of all processes together; seconds for loading a model, and for one answer; threads of each."""

    memory_mb: float
    load_s: float = 120.0
    answer_s: float = 10.0
    threads: int = 1


@dataclass(frozen=True)
class PooledModel:
    """A saved model: where it is, and how much memory it is expected to take before that is known."""

    source: ModelSource
    size_mb: float
    uses_tensorflow: bool = False

    @property
    def expected_mb(self) -> float:
        return BASE_MB[self.uses_tensorflow] + self.size_mb

    def client(self, threads: int) -> ModelClient:
        """Return a client of it; an exported model needs nothing that could be imported beforehand."""
        required = ("tensorflow",) if self.uses_tensorflow else ()
        return ModelClient(self.source, threads, () if self.source.onnx else preloads_for(required))


@dataclass
class _Slot:
    model: PooledModel
    client: ModelClient
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    n_asked: int = 0
    used: int = 0
    state: State = "not loaded"
    reason: str = ""
    failed_at: float = 0.0
    held_mb: float = 0.0

    @property
    def is_idle(self) -> bool:
        return self.state == "loaded" and not self.lock.locked() and not self.n_asked


class ModelPool:
    """Saved models by the names of their rows."""

    def __init__(self, models: Sequence[PooledModel], limits: PoolLimits) -> None:
        self._limits = limits
        self._slots = {one.source.row: _Slot(one, one.client(limits.threads)) for one in models}
        self._loading = asyncio.Semaphore(max(os.cpu_count() or 1, 2))
        self._uses = count(1)
        self._nobody_waits = asyncio.Event()
        self._nobody_waits.set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def names(self) -> list[str]:
        """The rows, in the order given."""
        return list(self._slots)

    def state(self, name: str) -> tuple[State, str]:
        """Return whether a model is loaded, and the reason if it failed."""
        return self._slots[name].state, self._slots[name].reason

    def start(self) -> None:
        """Watch the memory, and load the models that fit into it, those that load fastest first."""
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._load_ahead())]

    async def close(self) -> None:
        """End all processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(slot.client.close() for slot in self._slots.values()))

    async def ask(self, questions: Mapping[str, Question]) -> list[Answer]:
        """Return the answer of each model that is asked, by its name; one that fails gives its reason.

        Raises ``BusyError`` at once if one of them has too many questions already, and ``RefusedError``.
        """
        slots = [self._slots[name] for name in questions]
        if full := [slot for slot in slots if slot.n_asked >= WAITING_AT_MOST]:
            raise BusyError(f"{full[0].model.source.row} has {WAITING_AT_MOST} questions to answer; ask again later")
        for slot in slots:  # before anything waits: the next request must see it
            slot.n_asked += 1
        self._nobody_waits.clear()
        try:
            answers = await asyncio.gather(*map(self._ask, slots, questions.values()), return_exceptions=True)
        finally:
            for slot in slots:
                slot.n_asked -= 1
            if not any(slot.n_asked for slot in self._slots.values()):
                self._nobody_waits.set()
        for found in answers:
            if isinstance(found, BaseException):
                raise found
        return [one for one in answers if not isinstance(one, BaseException)]

    async def _ask(self, slot: _Slot, question: Question) -> Answer:
        try:
            async with slot.lock:
                return await self._answer(slot, question)
        except ModelFailedError as error:
            return question.failed(slot.model.source.row, str(error))

    async def _answer(self, slot: _Slot, question: Question) -> Answer:
        await self._load(slot)
        slot.used = next(self._uses)
        try:
            reply = await slot.client.ask(question, self._limits.answer_s)
        finally:
            if not slot.client.is_alive:
                slot.state = "not loaded"  # the next question starts it again
        slot.held_mb = slot.client.memory_mb()
        if reply.refused is not None:
            raise RefusedError(reply.refused)
        answer = reply.answer or reply.reading
        assert answer is not None
        return replace(answer, model=slot.model.source.row)

    async def _load(self, slot: _Slot) -> None:
        """Load a model unless it is; raises ``ModelFailedError`` or ``BusyError``."""
        if slot.state == "loaded" and slot.client.is_alive:
            return
        if slot.state == "failed" and clock() - slot.failed_at < LOAD_AGAIN_AFTER_S:
            raise ModelFailedError(slot.reason)
        await self._make_room(slot)
        slot.state, slot.held_mb = "loading", slot.model.expected_mb
        try:
            async with self._loading:
                await slot.client.start(self._limits.load_s)
        except ModelFailedError as error:
            slot.state, slot.reason, slot.failed_at = "failed", str(error), clock()
            raise
        except BaseException:
            slot.state = "not loaded"
            raise
        slot.state, slot.reason, slot.held_mb = "loaded", "", slot.client.memory_mb()

    async def _make_room(self, slot: _Slot) -> None:
        """End the models that were used least recently until this one fits."""
        needed, budget = slot.model.expected_mb, self._limits.memory_mb
        if needed > budget:
            raise ModelFailedError(
                f"it needs about {mebibytes(needed)}, and the models may take {mebibytes(budget)} (--memory)"
            )
        while self._held() + needed > budget:
            idle = [one for one in self._slots.values() if one.is_idle and one is not slot]
            if not idle:
                raise BusyError("no memory is free for another model (--memory); ask again later")
            await self._unload(min(idle, key=lambda one: one.used))

    def _held(self) -> float:
        return sum(slot.held_mb for slot in self._slots.values() if slot.state in ("loading", "loaded"))

    async def _unload(self, slot: _Slot) -> None:
        async with slot.lock:
            slot.state = "not loaded"
            await slot.client.close()

    async def _load_ahead(self) -> None:
        """Load all models that fit beside each other, so that the first stroke is answered at once."""
        free = self._limits.memory_mb
        chosen = []
        for slot in self._slots.values():  # the most accurate first, while there is memory
            if slot.model.expected_mb <= free:
                free -= slot.model.expected_mb
                chosen.append(slot)
        order = sorted(chosen, key=lambda slot: (slot.model.uses_tensorflow, slot.model.size_mb))
        for slot in order:  # one after the other, and none while somebody waits for an answer
            await self._nobody_waits.wait()
            await self._load_quietly(slot)

    async def _load_quietly(self, slot: _Slot) -> None:
        async with slot.lock:
            try:
                await self._load(slot)
            except (ModelFailedError, BusyError):
                return  # the first question tells

    async def _watch(self) -> None:
        """Look at the memory once a second: an answer may take any amount."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            for slot in self._slots.values():
                if slot.state == "loaded":
                    slot.held_mb = slot.client.memory_mb()
                    if slot.held_mb > self._limits.memory_mb:
                        slot.client.kill(f"it held {mebibytes(slot.held_mb)}, more than all models may take (--memory)")
            while self._held() > self._limits.memory_mb:
                idle = [slot for slot in self._slots.values() if slot.is_idle]
                if not idle:
                    break
                await self._unload(min(idle, key=lambda one: one.used))
