"""What a check is: a promise in words, and a function that finds out whether it is kept."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from benchmarks.common.errors import in_one_line
from benchmarks.common.paths import ROOT
from models.spec import Unavailable

Subject = TypeVar("Subject")
Kept = Literal["holds", "broken", "told"]


class BrokenError(Exception):
    """The promise is not kept; the message says how."""


class DoesNotApplyError(Exception):
    """There is nothing to check; the message says why."""


@dataclass(frozen=True)
class Verdict:
    """What came of one check. ``told`` is information: neither good nor bad."""

    promise: str
    kept: Kept
    remark: str = ""


@dataclass(frozen=True)
class Check(Generic[Subject]):
    """One promise.

    ``find_out`` takes the subject and returns a remark, which may be empty. It raises
    ``BrokenError`` or whatever the subject raises where the promise is not kept. Without an
    ``essential`` promise the ones after it cannot be tried; one that is ``told_only`` is no promise at all.
    """

    promise: str
    find_out: Callable[[Subject], str]
    essential: bool = False
    told_only: bool = False

    def of(self, subject: Subject) -> Verdict:
        """Return the verdict on a subject. Raises ``Unavailable`` where the subject lacks what it needs to run."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # tiny data is no place to converge
                remark = self.find_out(subject)
            return Verdict(self.promise, "told" if self.told_only else "holds", remark)
        except DoesNotApplyError as error:
            return Verdict(self.promise, "told", str(error))
        except Unavailable:
            raise
        except BrokenError as error:
            return self.not_kept(str(error))
        except (Exception, SystemExit) as error:
            return self.not_kept(in_one_line(error) + _where(error))

    def not_kept(self, how: str) -> Verdict:
        """Return the verdict that the promise is not kept, told ``how`` in one line."""
        return Verdict(self.promise, "told" if self.told_only else "broken", " ".join(how.split()))


def _where(error: BaseException) -> str:
    """Say which line of the subject's own code an error came through; nothing if that cannot be told."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename and not Path(frame.filename).is_relative_to(ROOT / "benchmarks")
    ]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
