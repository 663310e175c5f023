"""``python -m benchmarks.serve.model_process DESCRIPTOR``: one saved model, which answers questions from a socket.

When the questions end, because the server has, the process ends at once, also in the middle of an answer.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec
import numpy as np

from benchmarks.catalog.catalog import read_catalog
from benchmarks.catalog.weight_files import use_weights, with_weight_files
from benchmarks.common.clock import clock
from benchmarks.common.errors import BenchError, in_one_line
from benchmarks.inference.answers import answer, prepare
from benchmarks.inference.image_classifier import ImageClassifier, Prepared
from benchmarks.inference.onnx_file import OnnxClassifier
from benchmarks.inference.predictor import Predictor
from benchmarks.inference.reading.number import cut, read_numbers
from benchmarks.serve.messages import LENGTH, ModelSource, Question, Reply, packed

Message = TypeVar("Message")


def main(connection: socket.socket) -> None:
    """Load the model named by the first message, then answer each of the others."""
    connection.set_inheritable(False)
    incoming, outgoing = connection.makefile("rb"), connection.makefile("wb")
    source = _message(incoming, ModelSource)
    questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(incoming, questions), daemon=True).start()
    try:
        predictor = _load(source)
    except Exception as error:
        _send(outgoing, Reply(failed=_why(error)))
        return
    _send(outgoing, Reply())
    while True:
        _send(outgoing, reply_to(predictor, questions.get()))


def reply_to(predictor: ImageClassifier, question: Question) -> Reply:
    """Return the answer to a question, or why there is none."""
    start = clock()
    given, options = question.pixels(), question.options
    try:
        prepared = cut(given.decoded(), options.polarity) if question.numbers else prepare(predictor, given, options)
    except BenchError as error:
        return Reply(refused=str(error))
    except Exception as error:  # a decoder may raise anything
        return Reply(refused=f"the images cannot be prepared ({in_one_line(error)})")
    try:
        if isinstance(prepared, Prepared):
            return Reply(answer(predictor, prepared, options, start))
        return Reply(reading=read_numbers(predictor, prepared, options.threshold, start))
    except Exception as error:  # a model may raise anything
        return Reply(failed=_why(error))


def _load(source: ModelSource) -> ImageClassifier:
    predictor = OnnxClassifier.load(Path(source.onnx)) if source.onnx else _load_saved(source)
    # libraries import and compile much with the first prediction, which is no part of the time of an answer
    with contextlib.suppress(Exception):
        predictor.predictions(np.zeros((1, *predictor.preparation.image_shape), np.uint8))
    return predictor


def _load_saved(source: ModelSource) -> Predictor:
    results, plugins, weights = source.paths()
    catalog = read_catalog()
    use_weights(catalog, with_weight_files(catalog, weights).weights)
    return Predictor.load(
        source.run, source.row, dataset=source.dataset, results_dir=results, plugins=plugins, trust=source.trust
    )


def _receive(incoming: BinaryIO, questions: queue.SimpleQueue[Question]) -> None:
    try:
        while True:
            questions.put(_message(incoming, Question))
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # without this thread nothing would ever be answered


def _message(incoming: BinaryIO, kind: type[Message]) -> Message:
    """Return the next message; ends the process where there is none."""
    head = incoming.read(LENGTH.size)
    body = incoming.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""
    if not body:
        sys.stderr.flush()
        os._exit(0)  # whatever the main thread does, nobody waits for it any more
    return msgspec.msgpack.decode(body, type=kind)


def _send(outgoing: BinaryIO, reply: Reply) -> None:
    outgoing.write(packed(reply))
    outgoing.flush()


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, BenchError) else in_one_line(error)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
