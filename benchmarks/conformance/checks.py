"""A check: the name of a requirement, and a function that tests it."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.fencing.refusals import reason_of
from models.spec import Unavailable

Subject = TypeVar("Subject")
Status = Literal["passed", "failed", "info"]


class CheckFailedError(Exception):
    """The check fails; the message says why."""


class NotApplicableError(Exception):
    """The check does not apply; the message says why."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. ``info`` is neither a pass nor a failure."""

    name: str
    status: Status
    message: str = ""


@dataclass(frozen=True)
class Check(Generic[Subject]):
    """One requirement.

    ``function`` takes the subject and returns a message, which may be empty; the check fails if it raises
    ``CheckFailedError`` or any other error. After a failed ``essential`` check the following ones are not run. The
    result of an ``info_only`` check is information, never a failure.
    """

    name: str
    function: Callable[[Subject], str]
    essential: bool = False
    info_only: bool = False

    def run(self, subject: Subject) -> CheckResult:
        """Run the check on a subject. Raises ``Unavailable`` if the subject's libraries or files are missing."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # solvers do not converge on tiny data
                message = self.function(subject)
            return CheckResult(self.name, "info" if self.info_only else "passed", message)
        except NotApplicableError as error:
            return CheckResult(self.name, "info", str(error))
        except Unavailable:
            raise
        except CheckFailedError as error:
            return self.failure(str(error))
        except (Exception, SystemExit) as error:
            return self.failure(reason_of(error) + _location_in_user_code(error))

    def failure(self, message: str) -> CheckResult:
        """Return the failed result, with ``message`` as one line."""
        return CheckResult(self.name, "info" if self.info_only else "failed", " ".join(message.split()))


def _location_in_user_code(error: BaseException) -> str:
    """Return the line of user code that raised an error; empty if there is none."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename and not Path(frame.filename).is_relative_to(ROOT / "benchmarks")
    ]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
