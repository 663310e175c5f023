"""The messages of a process to the bench: what is understood, when it was sent, and what does no harm."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

import psutil
import pytest

from benchmarks.common.clock import clock
from benchmarks.execution.stages.channel import LONGEST, MOST_STAGES, Stage, StageReader, StageWriter

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


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel stamps messages on Linux only")
def test_a_stage_is_stamped_when_it_is_sent_however_late_it_is_read() -> None:
    reader = StageReader()
    writer, start = StageWriter(reader.descriptor), clock()
    writer.begin("fit")
    sent = clock()
    threading.Event().wait(0.5)
    writer.begin("predict")
    with reader:  # which begins to read
        pass
    (_, fit), (_, predict) = reader.begun
    assert start - 0.01 < fit < sent + 0.01 and predict - sent > 0.4


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


def test_what_is_too_long_is_passed_over() -> None:
    reader = heard(b" " * LONGEST + GOOD, GOOD, b"x" * 30_000, b"")
    assert [name for name, _ in reader.begun] == ["fit"]


def test_descriptors_that_are_sent_along_are_not_taken() -> None:
    before = psutil.Process().num_fds()
    reader = StageReader()
    with socket.socket(fileno=os.dup(reader.descriptor)) as sender, tempfile.TemporaryFile() as sent:
        socket.send_fds(sender, [GOOD], [sent.fileno()] * 50)
        with reader:
            pass
    assert [name for name, _ in reader.begun] == ["fit"]
    assert psutil.Process().num_fds() == before


def test_no_more_stages_are_kept_than_there_can_be() -> None:
    assert len(heard(*[GOOD] * 500).begun) == MOST_STAGES


def test_a_flood_is_read_slowly_and_does_not_delay_the_end() -> None:
    flood = "import os, sys\nwhile True: os.write(int(sys.argv[1]), b'x' * 4096)"
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
    read, write = socket.socketpair(type=socket.SOCK_DGRAM)
    with read, write:
        write.setblocking(False)
        with pytest.raises(OSError):
            while True:
                write.send(bytes(1000))
        write.setblocking(True)
        StageWriter(write.fileno()).step("fit", 1, 2, {})


@pytest.mark.parametrize(
    "tell",
    [lambda writer: writer.begin("fit"), lambda writer: writer.step("fit", 1, 2, {}), lambda writer: writer.end("x")],
)
def test_a_bench_that_is_gone_stops_no_process(tell: Callable[[StageWriter], None]) -> None:
    read, write = socket.socketpair(type=socket.SOCK_DGRAM)
    with write:
        writer = StageWriter(write.fileno())
        read.close()
        tell(writer)


def test_children_of_the_process_do_not_inherit_the_descriptor() -> None:
    with StageReader() as reader:
        StageWriter(reader.descriptor)
        assert not os.get_inheritable(reader.descriptor)
