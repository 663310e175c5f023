"""The pipe between a process and the bench: what is understood, and what does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from benchmarks.common.clock import clock
from benchmarks.execution.stages.channel import CHUNK, LONGEST_LINE, MOST_STAGES, Stage, StageReader, StageWriter

GOOD = b'{"stage":{"stage":"fit"}}\n'


def heard(*contents: bytes) -> StageReader:
    """Return a reader to which a process has written, each content at once."""
    with StageReader() as reader:
        for content in contents:
            os.write(reader.descriptor, content)
    return reader


def test_stages_steps_and_the_end_are_heard_in_order() -> None:
    start = clock()
    with StageReader() as reader:
        writer = StageWriter(reader.descriptor)
        writer.begin("features")
        writer.begin("fit")
        writer.step("fit", 3, 20, {"loss": 0.5, "val_loss": float("inf")})
        writer.end("a1")
    assert [name for name, _ in reader.begun] == ["features", "fit"]
    assert reader.latest == Stage("fit", 3, 20, {"loss": 0.5, "val_loss": None})
    assert reader.answer == "a1" and reader.ended_at
    assert start < reader.begun[0][1] <= reader.begun[1][1] <= reader.ended_at < clock()


def test_a_stage_is_stamped_when_it_arrives() -> None:
    with StageReader() as reader:
        writer = StageWriter(reader.descriptor)
        writer.begin("fit")
        threading.Event().wait(0.5)
        writer.begin("predict")
    (_, fit), (_, predict) = reader.begun
    assert 0.4 < predict - fit < 5


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'"fit"',
        b'{"stage":3}',
        b'{"stage":{"stage":3}}',
        b'{"stage":{"stage":"fit","step":"x"}}',
        b'{"stage":{"stage":"fit","figures":{"loss":"high"}}}',
        b'{"stage":{"stage":"fit","step":1,"steps":2,"figures":{"\\n":1}}}',
        b'{"stage":{"stage":"fit","step":-1}}',
        b'{"stage":{"stage":"fit\\u001b[2J"}}',
        b'{"stage":{"stage":"' + b"x" * 100 + b'"}}',
        b'{"stage":{"stage":"fit","step":1' + b"0" * 400 + b"}}",
        b"[" * 3000,
        b'{"answer":"' + b"x" * 100 + b'"}',
    ],
)
def test_a_line_that_is_no_message_is_passed_over(line: bytes) -> None:
    reader = heard(line + b"\n", GOOD)
    assert [name for name, _ in reader.begun] == ["fit"] and reader.answer == ""
    assert reader.latest == Stage("fit")


def test_half_a_line_is_no_message_until_the_rest_comes() -> None:
    assert heard(GOOD[:10]).begun == []
    assert len(heard(GOOD[:10], GOOD[10:]).begun) == 1


def test_a_huge_line_is_passed_over_up_to_its_end() -> None:
    parts = [b"x" * 30_000] * 20
    reader = heard(*parts, b'{"stage":{"stage":"never"}}\n', GOOD)
    assert [name for name, _ in reader.begun] == ["fit"]
    assert len(reader._rest) <= LONGEST_LINE


def test_no_more_stages_are_kept_than_there_can_be() -> None:
    assert len(heard(*[GOOD * 50] * 10).begun) == MOST_STAGES


def test_a_flood_is_read_slowly_and_does_not_delay_the_end() -> None:
    flood = "import os, sys\nwhile True: os.write(int(sys.argv[1]), b'x' * 4095 + b'\\n')"
    start = clock()
    with StageReader() as reader:
        process = subprocess.Popen([sys.executable, "-c", flood, str(reader.descriptor)], pass_fds=(reader.descriptor,))
        threading.Event().wait(1.5)
        used = os.times()
    assert clock() - start < 4  # it ended although the flood goes on
    process.kill()
    process.wait()
    assert used.user < os.times().user + 1
    assert reader.begun == []


def test_a_step_waits_for_nobody_where_the_pipe_is_full() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(write, bytes(CHUNK))
    os.set_blocking(write, True)
    StageWriter(write).step("fit", 1, 2, {})
    os.close(read)
    os.close(write)


@pytest.mark.parametrize(
    "tell",
    [lambda writer: writer.begin("fit"), lambda writer: writer.step("fit", 1, 2, {}), lambda writer: writer.end("x")],
)
def test_a_bench_that_is_gone_stops_no_process(tell: Callable[[StageWriter], None]) -> None:
    read, write = os.pipe()
    writer = StageWriter(write)
    os.close(read)
    tell(writer)
    os.close(write)


def test_children_of_the_process_do_not_inherit_the_pipe() -> None:
    with StageReader() as reader:
        StageWriter(reader.descriptor)
        assert not os.get_inheritable(reader.descriptor)
