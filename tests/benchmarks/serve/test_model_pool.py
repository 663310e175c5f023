"""The pool of models, with clients that answer without a process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.inference.answers import ModelAnswer, Options
from benchmarks.serve import model_pool
from benchmarks.serve.messages import ModelSource, Question, Reply
from benchmarks.serve.model_pool import ModelPool, PooledModel, PoolLimits

NAMES = ("first", "second", "asked")
QUESTION = Question(Options())


def pool_of_clients(monkeypatch: pytest.MonkeyPatch, done: list[str], may_answer: asyncio.Event) -> ModelPool:
    """Return a pool whose clients write down what they do, and answer once they may."""

    class Client:
        def __init__(self, source: ModelSource, threads: int, preloads: Sequence[str]) -> None:
            self.row = source.row
            self.is_alive = False

        async def start(self, timeout_s: float) -> None:
            await asyncio.sleep(0)
            self.is_alive = True
            done.append(f"load {self.row}")

        async def ask(self, question: Question, timeout_s: float) -> Reply:
            await may_answer.wait()
            done.append(f"answer {self.row}")
            return Reply(ModelAnswer(self.row))

        def memory_mb(self) -> float:
            return 1.0

        async def close(self) -> None:
            self.is_alive = False

    monkeypatch.setattr(model_pool, "ModelClient", Client)
    models = [PooledModel(ModelSource("results", "run", "digits", name), 1.0) for name in NAMES]
    return ModelPool(models, PoolLimits(memory_mb=8000.0))


def test_no_model_is_loaded_ahead_while_somebody_waits_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    async def ask_at_once() -> None:
        may_answer = asyncio.Event()
        pool = pool_of_clients(monkeypatch, done, may_answer)
        asking = asyncio.create_task(pool.ask({"asked": QUESTION}))
        await asyncio.sleep(0)
        pool.start()
        for _ in range(20):
            await asyncio.sleep(0)
        may_answer.set()
        assert [one.model for one in await asking] == ["asked"]
        while len(done) < len(NAMES) + 1:
            await asyncio.sleep(0)
        await pool.close()

    with ThreadPoolExecutor(1) as thread:  # the browser of other tests has an event loop in this one
        thread.submit(asyncio.run, ask_at_once()).result()
    assert done == ["load asked", "answer asked", "load first", "load second"]
