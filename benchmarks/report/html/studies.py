"""The part of the report on studies."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.report.charts.studies import history_chart, slice_charts
from benchmarks.report.charts.svg import as_svg
from benchmarks.report.data.studies import Studies, StudyFindings
from benchmarks.tuning.study import Attempt

SIZE = (330, 250)


@dataclass(frozen=True)
class StudyPart:
    """Everything that the template shows of a study. ``charts``: titles and drawings. ``trials``: best first."""

    study: StudyFindings
    id: str
    sentences: list[str]
    charts: list[tuple[str, str]]
    trials: list[Attempt]


def study_parts(studies: Studies) -> list[StudyPart]:
    """Return the contents of each study's part."""
    return [_part(study) for study in studies.found]


def _part(study: StudyFindings) -> StudyPart:
    definition, attempts = study.definition, study.attempts
    goal = definition.goals[0]
    history = history_chart(attempts, goal)
    charts = [*([history] if history else []), *slice_charts(attempts, goal, definition.space)]
    return StudyPart(
        study=study,
        id=f"study-{definition.name}",
        sentences=study.outcome.sentences() if study.outcome else ["It was not judged yet."],
        charts=[(chart.title, as_svg(chart, *SIZE, named=())) for chart in charts],
        trials=sorted(attempts, key=lambda one: (one.values is None, one.values or (), one.number)),
    )
