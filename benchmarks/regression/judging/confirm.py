"""What looks slower in a pass is timed again, in turn with the code that was stored, before anything is said of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.common.paths import ROOT
from benchmarks.regression.judging.judge import Judged, Turn, judge, to_confirm
from benchmarks.regression.judging.rounds import in_turns
from benchmarks.regression.judging.run import HERE, one_pass
from benchmarks.regression.judging.storage import Passes
from benchmarks.regression.judging.stored_code import stored_code

CONFIRMATIONS = 6


@dataclass(frozen=True)
class Confirmed:
    """What a comparison came to, and a sentence on what was timed again; empty if nothing was."""

    judged: list[Judged]
    repeated: str = ""


def confirmed(before: Passes, now: Passes) -> Confirmed:
    """Compare two states of the code, of which ``now`` is that of the working tree.

    Suspects are timed in both states alternately, so that a machine that has become slower slows both. Where
    git does not have the stored state, or the libraries are others, the stored times stand for it.
    """
    same_machine = before.machine == now.machine
    judged = {one.name: one for one in judge(before.turns, now.turns, same_machine)}
    suspects = repeated = to_confirm(judged.values())
    commit = before.commit if same_machine and before.packages == now.packages else None
    with stored_code(commit if suspects else None) as old_tree:
        then: tuple[Turn, ...] = () if old_tree else before.turns
        against = f"in turn with commit {commit:.7}" if old_tree else "against the stored times"
        again: tuple[Turn, ...] = ()
        for _ in range(CONFIRMATIONS):
            if not suspects:
                break
            print(f"once more, {against}: {', '.join(suspects)}", file=sys.stderr, flush=True)
            places = _places(suspects)
            if old_tree:
                then += one_pass(places, old_tree).turns
            again += one_pass(places, ROOT).turns
            of_all = judge(then, again, same_machine, noise_of=before.turns)
            judged |= {one.name: one for one in of_all if one.name in suspects}
            suspects = to_confirm(judged[name] for name in suspects)
    names = ", ".join(f"`{name}`" for name in repeated)
    return Confirmed([*judged.values()], f"Looked slower, and timed again {against}: {names}." if names else "")


def _places(names: Sequence[str]) -> list[str]:
    return [f"{HERE}/{place}" for name in names for place in in_turns(name)]
