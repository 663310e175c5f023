"""Models that misbehave, each in its own way, and what is expected of each: the code of a plug-in, in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from benchmarks.execution.processes.fencing import landlock
from benchmarks.execution.processes.fencing.system_calls import can_filter

OK, FAILED, TIMEOUT, MEMORY, SKIPPED = "ok", "failed", "timeout", "out-of-memory", "skipped"
ZEROS = "return np.zeros(len(X), np.int64)"
# what the fence refuses fails at once; without one it has its effect
DELETED = "Permission denied" if landlock.version() else "deleted the folder"
NO_SIGNAL = "Operation not permitted" if landlock.version() >= landlock.FIRST_WITH_SCOPES else ""
INTERRUPTED = (FAILED, NO_SIGNAL) if NO_SIGNAL else (OK, "")

HEAD = '''
import ctypes, hashlib, json, os, resource, shutil, signal, socket, struct, subprocess, sys, threading, time, zipfile
from pathlib import Path
import numpy as np
from models.spec import ModelSpec, Unavailable

HERE = Path.cwd()
SHARED = "digitbench-" + hashlib.sha256(__file__.encode()).hexdigest()[:12]  # of this test alone


class Base:
    def __init__(self, context):
        self.context = context

    def fit(self, X, y):
        self.n_train = len(X)
        self.misbehave(X, y)
        return self

    def misbehave(self, X, y):
        pass


class Terrible(Exception):
    def __str__(self):
        raise SystemExit("no text")
    __repr__ = __str__


def endless(*how, **named):
    """Start a process that never ends; the path in its arguments tells the test whose it is."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", __file__], **named)


def detached(then=""):
    """Fork twice, begin a new session, clear the environment, and run for ever."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 100)
            code = "import signal, time\\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\\ntime.sleep(3600)"
            os.execve(sys.executable, [sys.executable, "-c", code, __file__], {})
        os._exit(0)


def tell(line):
    """Say something over the pipe on which the bench is told the stages."""
    os.write(int(sys.argv[2]), line + b"\\n")


def times():
    """Return the times that the bench's code has taken, from its frame: they fit those of the bench."""
    frame = sys._getframe()
    while frame.f_code.co_name != "measure":
        frame = frame.f_back
    return {name: frame.f_locals[name] for name in ("startup_s", "load_s", "imports_s", "fit_s")}


def answer(model, n, change=lambda body: body, arrays=lambda arrays: arrays):
    """Leave a good answer with one change, tell the stages that are left, and end."""
    timing = {**times(), "predict_s": [0.01]}
    measurement = {"timing": timing, "resources": {"threads": model.context.threads}, "history": [],
                   "latencies_ms": [1.0],
                   "train_accuracy": 0.5, "n_train": model.n_train, "n_train_scored": 10}
    body = {"status": "ok", "reason": "", "measurement": measurement,
            "not_saved": "", "evaluation_sets": ["test"]}
    given = {"labels": np.zeros(n, np.int64), "probabilities": np.full((n, 10), 0.1, np.float32)}
    changed = arrays(given)
    if changed is not None:
        np.savez(HERE / "predictions.npz", **changed)
    text = change(body)
    (HERE / "answer.json").write_bytes(text if isinstance(text, bytes) else json.dumps(text or body).encode())
    from benchmarks.execution.protocol import answer_digest

    for stage in ("predict", "latency warm-up", "latency", "score"):
        tell(json.dumps({"stage": {"stage": stage}}).encode())
    tell(json.dumps({"answer": answer_digest(HERE)}).encode())
    os._exit(0)


def put(what, name):
    """Put something that is no file in the place of a file, and end as if all were well."""
    path = HERE / name
    path.unlink(missing_ok=True)
    if what == "FIFO":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
        (path / "x").mkdir()
    elif what == "socket":
        socket.socket(socket.AF_UNIX).bind(os.path.relpath(path))
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "loop":
        path.symlink_to(path)
    elif what == "link":
        (HERE / "other").write_bytes(b"{}")
        path.symlink_to(HERE / "other")
    elif what == "sparse":
        with path.open("wb") as file:
            file.truncate(1 << 40)


def deep(text, end):
    return (text * 200_000 + end * 200_000).encode()
'''


@dataclass(frozen=True)
class Case:
    """``misbehave``, ``predict``: what the model does. ``reason``: a part of the reason that is expected."""

    name: str
    status: str
    reason: str
    misbehave: str = "pass"
    predict: str = ZEROS
    more: str = ""


def forged(name: str, reason: str, change: str = "", arrays: str = "") -> Case:
    """Return a model that leaves an answer of its own making: ``change`` is done to ``b``, ``arrays`` are given."""
    given = f"def change(b):\n    {change or 'pass'}\n"
    last = f"answer(self, len(X), change, lambda a: {arrays or 'a'})"
    return Case(name, FAILED if reason else OK, reason, predict=f"{given}{last}")


def in_place(what: str, name: str, reason: str) -> Case:
    return Case(
        f"{what}-as-{name.partition('.')[0]}",
        FAILED if reason else OK,
        reason,
        predict=f"put({what!r}, {name!r})\n" + ("os._exit(0)" if name == "answer.json" else "answer(self, len(X), "
        f"arrays=lambda a: {'None' if name == 'predictions.npz' else 'a'})"),
    )  # fmt: skip


FILES = [
    Case("deletes-its-folder", FAILED, DELETED, "shutil.rmtree(HERE)"),
    Case("replaces-its-folder", FAILED, DELETED,
         "other = HERE.with_name('other'); other.mkdir(); shutil.rmtree(HERE); HERE.symlink_to(other)"),
    Case("makes-its-folder-a-file", FAILED, DELETED, "shutil.rmtree(HERE); HERE.write_text('x')"),
    Case("forbids-its-folder", OK, "", "HERE.chmod(0o300)"),
    Case(
        "nests-folders", OK, "",
        "for i in range(1500):\n    os.mkdir('d'); os.chdir('d')",
    ),
    Case("fills-its-folder", OK, "", "for i in range(20_000): (HERE / f'{i}').touch()"),
    Case("leaves-temporary-files", OK, "", "import tempfile; [tempfile.mkdtemp() for _ in range(50)]"),
    Case("leaves-shared-memory", OK, "",
         "from multiprocessing import shared_memory, resource_tracker\n"
         "s = self.s = shared_memory.SharedMemory(SHARED, create=True, size=1 << 20)\n"
         "resource_tracker.unregister(s._name, 'shared_memory'); s.buf[:] = bytes(1 << 20); time.sleep(3)"),
    in_place("FIFO", "answer.json", "cannot be read: not a regular file"),
    in_place("socket", "answer.json", "Permission denied" if can_filter() else "cannot be read: not a regular file"),
    in_place("folder", "answer.json", "cannot be read: not a regular file"),
    in_place("device", "answer.json", "cannot be read: a link"),
    in_place("loop", "answer.json", "cannot be read: a link"),
    in_place("link", "answer.json", "cannot be read: a link"),
    in_place("sparse", "answer.json", "cannot be read: larger than 16 MiB"),
    in_place("FIFO", "predictions.npz", "cannot be read"),
    in_place("folder", "predictions.npz", "cannot be read"),
    in_place("device", "predictions.npz", "cannot be read"),
    in_place("sparse", "predictions.npz", "larger than 256 MiB"),
    in_place("FIFO", "feature_maps.npz", ""),
    in_place("device", "feature_maps.npz", ""),
    in_place("sparse", "feature_maps.npz", ""),
    in_place("FIFO", "saved_model", ""),
    in_place("link", "saved_model", ""),
]  # fmt: skip

ANSWERS = [
    forged("forges-a-good-answer", ""),
    forged("is-ok-without-measurement", "no measurement", "b['measurement'] = None"),
    forged("has-a-status-of-its-own", "cannot be read", "b['status'] = 'splendid'"),
    forged("has-an-interrupted-status", "cannot be read", "b['status'] = 'interrupted'"),
    forged("has-no-status", "cannot be read", "del b['status']"),
    forged("answers-a-list", "cannot be read", "return b'[]'"),
    forged("answers-nothing", "cannot be read", "return b' '"),
    forged("answers-deeply", "cannot be read", "return deep('[', ']')"),
    forged("answers-deep-objects", "cannot be read", "return deep('{\"a\":', '}')"),
    forged("has-negative-time", "cannot be read", "b['measurement']['timing']['fit_s'] = -1"),
    forged("has-nan-time", "cannot be read", "b['measurement']['timing']['fit_s'] = float('nan')"),
    forged("has-text-for-time", "cannot be read", "b['measurement']['timing']['predict_s'] = 'fast'"),
    forged("has-no-time", "it tells no time of the stage predict", "b['measurement']['timing']['predict_s'] = []"),
    forged("is-too-accurate", "cannot be read", "b['measurement']['train_accuracy'] = 1.5"),
    forged("trained-on-more", "trained on", "b['measurement']['n_train'] += 1"),
    forged("scored-more", "were scored", "b['measurement']['n_train_scored'] = 10**9"),
    forged("takes-more-threads", "threads", "b['measurement']['resources']['threads'] = 64"),
    forged("has-a-huge-history", "20000 epochs", "b['measurement']['history'] = [{'epoch': 1.0}] * 20_000"),
    forged("has-an-odd-history", "unreadable name", "b['measurement']['history'] = [{chr(27) + '[2J': 1.0}]"),
    forged("has-a-wide-history", "figures an epoch", "b['measurement']['history'] = [{f'f{i}': 1 for i in range(99)}]"),
    forged("has-a-history-of-text", "cannot be read", "b['measurement']['history'] = [{'epoch': 'one'}]"),
    forged("has-a-reason-of-30-mb", "larger than 16 MiB", "b['reason'] = 'x' * 30_000_000"),
    forged("fails-in-colour", "why", "b['status'] = 'failed'; b['reason'] = chr(27) + 'why' + chr(10) + chr(0x202e)"),
    forged("fails-with-scores", "why", "b['status'] = 'failed'; b['reason'] = 'why'"),
    forged("evaluates-other-sets", "no predictions", "b['evaluation_sets'] = ['train']"),
    forged("predicts-too-many", "shape", arrays="{'labels': np.zeros(len(X) + 1, int)}"),
    forged("predicts-a-table", "shape", arrays="{'labels': np.zeros((len(X), 2), int)}"),
    forged("predicts-negative", "no label", arrays="{'labels': np.full(len(X), -1)}"),
    forged("predicts-large", "no label", arrays="{'labels': np.full(len(X), 2**62)}"),
    forged("predicts-objects", "cannot be read", arrays="{'labels': np.array([{}] * len(X), object)}"),
    forged("predicts-text", "labels are whole numbers", arrays="{'labels': np.array(['1'] * len(X))}"),
    forged("has-no-labels", "no predictions", arrays="{'other': np.zeros(3)}"),
    forged("has-nan-probabilities", "no probabilities", arrays="a | {'probabilities': a['probabilities'] * np.nan}"),
    forged("has-infinite-probabilities", "no probab", arrays="a | {'probabilities': a['probabilities'] * np.inf}"),
    forged("has-unscaled-probabilities", "no probabilities", arrays="a | {'probabilities': a['probabilities'] * 3}"),
    forged("has-narrow-probabilities", "shape", arrays="a | {'probabilities': a['probabilities'][:, 1:]}"),
    forged("has-whole-probabilities", "int64 values", arrays="a | {'probabilities': np.ones((len(X), 10), int)}"),
    Case("has-a-bomb", FAILED, "more than 256 MiB", predict=(
        "with zipfile.ZipFile('predictions.npz', 'w', zipfile.ZIP_DEFLATED) as z, z.open('labels.npy', 'w') as f:\n"
        "    for _ in range(300): f.write(bytes(1 << 20))\n"
        "answer(self, len(X), arrays=lambda a: None)")),
    Case("lies-about-a-shape", FAILED, "cannot be read", predict=(
        "with zipfile.ZipFile('predictions.npz', 'w') as z:\n"
        "    head = b\"{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999,)}\".ljust(117) + b'\\n'\n"
        "    z.writestr('labels.npy', b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head)\n"
        "answer(self, len(X), arrays=lambda a: None)")),
]  # fmt: skip

PREDICTIONS = [
    Case("predicts-nothing", FAILED, "shape ()", predict="return None"),
    Case("predicts-objects-itself", FAILED, "object values", predict="return np.array([None] * len(X))"),
    Case("predicts-infinity", FAILED, "NaN or infinity", predict="return np.full(len(X), np.inf)"),
    Case("predicts-complex", FAILED, "labels are whole numbers", predict="return np.zeros(len(X), complex)"),
    Case("predicts-halves", FAILED, "0.5, which is no label", predict="return np.full(len(X), 0.5)"),
    Case("predicts-ragged-lists", FAILED, "ValueError", predict="return [[1], [1, 2]] * len(X)"),
    Case("predicts-wrongly-at-last", FAILED, "shape", predict=(
        "self.calls = getattr(self, 'calls', 0) + 1\nreturn np.zeros(len(X) + (self.calls == 4), np.int64)")),
    Case("raises-the-second-time", FAILED, "RuntimeError: again", predict=(
        "if hasattr(self, 'called'): raise RuntimeError('again')\nself.called = True\n" + ZEROS)),
    Case("has-an-array-of-its-own", FAILED, "SystemExit", predict=(
        "class Odd:\n    def __array__(self, *a, **k): raise SystemExit(0)\nreturn Odd()")),
    Case("writes-into-its-labels", OK, "", "y[:] = 0"),
]  # fmt: skip

ENDINGS = [
    Case("raises-system-exit", FAILED, "SystemExit", "sys.exit(0)"),
    Case("raises-keyboard-interrupt", FAILED, "KeyboardInterrupt", "raise KeyboardInterrupt"),
    Case("raises-generator-exit", FAILED, "GeneratorExit", "raise GeneratorExit"),
    Case("exits-with-0", FAILED, "exit code 0 before it gave an answer", "os._exit(0)"),
    Case("aborts", FAILED, "SIGABRT", "os.abort()"),
    Case("kills-itself", FAILED, "SIGKILL", "os.kill(os.getpid(), 9)"),
    Case("terminates-itself", FAILED, "SIGTERM", "os.kill(os.getpid(), 15)"),
    Case("interrupts-its-parent", *INTERRUPTED, "os.kill(os.getppid(), signal.SIGINT)"),
    Case("kills-its-parent", FAILED, NO_SIGNAL or "SIGKILL", "os.kill(os.getppid(), 9); time.sleep(60)"),
    Case("terminates-its-parent", FAILED, NO_SIGNAL or "SIGTERM", "os.kill(os.getppid(), 15); time.sleep(60)"),
    Case("stops-itself", TIMEOUT, "", "os.kill(os.getpid(), signal.SIGSTOP)"),
    Case("does-not-listen", TIMEOUT, "", "for n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
         "    except (OSError, ValueError): pass\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
         "while True: time.sleep(60)"),
    Case("raises-without-text", FAILED, "Terrible", "raise Terrible"),
    Case("raises-30-mb", FAILED, "RuntimeError: xxx", "raise RuntimeError('x' * 30_000_000)"),
    Case("raises-in-colour", FAILED, "RuntimeError: [31m red", "raise RuntimeError('\\x1b[31m\\n red \\u202e')"),
    Case("is-unavailable-at-length", SKIPPED, "yyy", "raise Unavailable('y' * 20_000_000)"),
    Case("lacks-memory", MEMORY, "", "np.ones(1 << 58, np.uint8)"),
    Case("recurses", FAILED, "RecursionError", "def f(): return f()\nf()"),
    Case("prints-gigabytes", OK, "", "block = b'x' * (1 << 20)\nfor _ in range(1000): os.write(1, block)"),
    Case("closes-all", FAILED, "did not say that it was done", "os.closerange(0, 1000)"),
    Case("replaces-its-output", OK, "", "sys.stdout = sys.stderr = None"),
    Case("has-an-output-that-hangs", OK, "",
         "class Odd:\n    def write(self, text): pass\n    def flush(self): time.sleep(3600)\nsys.stdout = Odd()"),
    Case("limits-itself", FAILED, "", "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))"),
    Case("limits-its-files", FAILED, "", "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"),
    Case("is-nice", OK, "", "os.nice(19); os.umask(0o777)"),
    Case("tells-odd-progress", FAILED, "ValueError: invalid literal", "self.context.progress('one', [2])"),
    Case("tells-odd-figures", FAILED, "ValueError", "self.context.progress(1, 2, loss='low')"),
    Case("tells-strange-names", FAILED, "unreadable name", "self.context.progress(2, 2, **{'\\x1b[2J': 1.0})"),
    Case("tells-of-arrays", OK, "", "self.context.progress(np.int64(1), np.int32(2), loss=np.float32(np.nan))"),
    Case("tells-of-0-steps", OK, "", "self.context.progress(0, 0); self.context.progress(10**30, -5)"),
    Case("tells-a-million-times", OK, "", "for i in range(100_000): self.context.progress(i, 10**9, loss=1.0)"),
    Case("writes-odd-progress", OK, "",
         "lines = [b'{}', b'[]', deep('[', ']')[:10**5], b'x' * 10**5, b'{\"stage\": 1}', b'{\"stage\": \"[/b]\"}',"
         " b'{\"stage\": \"a\", \"step\": \"x\", \"figures\": {\"a\": []}}']\n"
         "for line in lines:\n    tell(line); time.sleep(0.3)"),
]  # fmt: skip

PROCESSES = [
    Case("leaves-a-thread", OK, "", "threading.Thread(target=time.sleep, args=(3600,)).start()"),
    Case("leaves-children", OK, "", "endless(); endless(start_new_session=True)"),
    Case("leaves-a-deaf-child", OK, "", "endless(preexec_fn=lambda: signal.signal(15, signal.SIG_IGN) and None)"),
    Case("forks-twice", OK, "", "detached()"),
    Case("forks-twice-and-exits", FAILED, "exit code 0", "detached(); os._exit(0)"),
    Case("forks-twice-and-kills-its-parent", FAILED, NO_SIGNAL or "SIGKILL",
         "endless(start_new_session=True); time.sleep(0.5); os.kill(os.getppid(), 9); time.sleep(60)"),
    Case("comes-back-twice", OK, "", "os.fork()"),
    Case("forks-and-hangs", TIMEOUT, "", "detached(); time.sleep(3600)"),
    Case("is-a-fork-bomb", FAILED, "more than 500 processes",
         "for _ in range(700):\n    if os.fork() == 0: time.sleep(3600)\ntime.sleep(3600)"),
    Case("holds-many-files", FAILED, "more than 20,000 files open",
         "limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
         "resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))\nfor _ in range(40):\n    if os.fork() == 0:\n"
         "        try:\n            while True: os.dup(1)\n        except OSError:\n            time.sleep(3600)\n"
         "time.sleep(3600)"),
    Case("forks-in-new-sessions", OK, "",
         "for _ in range(50):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(3600)"),
    Case("holds-the-output", OK, "", "endless(start_new_session=True, stdout=1)"),
    Case("leaves-an-exit-handler", OK, "", "import atexit; atexit.register(time.sleep, 3600)"),
    Case("does-not-want-to-exit", OK, "", "os._exit = lambda code: time.sleep(3600)"),
]  # fmt: skip

GROUPS = {
    "files": FILES,
    "answers": ANSWERS,
    "predictions": PREDICTIONS,
    "endings": ENDINGS,
    "processes": PROCESSES,
}


def plugin(cases: list[Case]) -> str:
    """Return the text of a plug-in with these models."""
    classes = [
        f"class M{i}(Base):\n{indent(case.more or 'pass', ' ' * 4)}\n"
        f"    def misbehave(self, X, y):\n{indent(case.misbehave, ' ' * 8)}\n"
        f"    def predict(self, X):\n{indent(case.predict, ' ' * 8)}\n"
        for i, case in enumerate(cases)
    ]
    specs = [f"    ModelSpec('{case.name}', 'm', 'one', M{i}, features=('pixels',))," for i, case in enumerate(cases)]
    return "\n\n".join([HEAD, *classes, "MODELS = (", *specs, ")\n"])
