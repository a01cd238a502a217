"""A regimen in few words, what it is for one patient, and as a line of marks over the weeks."""

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

from koebner.plots.timeline import DoseScale
from koebner.therapies import Agent, Phase, PlannedDose, Regimen
from koebner.therapies.sentences import amount_in_words, listed, rhythm

# With more different doses than these only the first and the largest are told.
_MOST_AMOUNTS = 6
# With more weeks than these the interval is told in place of the weeks.
_MOST_WEEKS = 6
_MARKS = "▁▂▃▄▅▆▇█"
_SHADES = "░▒▓"
_MOST_COLUMNS_A_WEEK = 3
# Distances of labels on the axis [weeks]: visits people think in, then years.
_STEPS = (1, 2, 4, 12, 26, *(52 * years for years in (1, 2, 5, 10, 20, 50, 100)))


def short_regimen(regimen: Regimen | None) -> str:
    """Return what is given in the long run, in few words.

    Examples
    --------
    >>> from koebner.therapies import load
    >>> short_regimen(load("secukinumab").agents[0].regimen)
    '300 mg every 4 weeks after loading'
    >>> short_regimen(load("uc_msc").agents[0].regimen)
    '2×10⁶ cells/kg at weeks 0, 2, 4 and 6'
    """
    if regimen is None:
        return "nothing is given"
    going = [phase for phase in regimen.phases if phase.repeats and phase.until_week is None]
    last = going or list(regimen.phases)
    first, *others = [phase for phase in last if not phase.weeks] or last
    words = _short_phase(first, regimen.unit)
    words += "".join(_for_the_heavy(phase, first, regimen.unit) for phase in others if phase.above_kg > 0)
    before = [phase for phase in regimen.phases if phase not in last]
    if not before:
        return words
    return f"{words} after {'smaller doses' if _rises(before, last) else 'loading'}"


def _rises(before: Sequence[Phase], last: Sequence[Phase]) -> bool:
    return max(phase.dose for phase in before) < min(phase.dose for phase in last)


def _short_phase(phase: Phase, unit: str) -> str:
    amount = amount_in_words(phase.dose, unit)
    if phase.step and phase.dose_max is not None:
        amount = f"{phase.dose:g} to {amount_in_words(phase.dose_max, unit)}"
    return f"{amount} {_rhythm(phase)}"


def _for_the_heavy(phase: Phase, lighter: Phase, unit: str) -> str:
    """Return what is other for heavier patients."""
    amount = amount_in_words(phase.dose, unit) if phase.dose != lighter.dose else ""
    rhythm = _rhythm(phase) if _rhythm(phase) != _rhythm(lighter) else ""
    return f" (above {phase.above_kg:g} kg {f'{amount} {rhythm}'.strip()})"


def _rhythm(phase: Phase) -> str:
    if phase.weeks:
        return f"at week{'s' if len(phase.weeks) > 1 else ''} {listed(phase.weeks)}"
    length = "" if phase.until_week is None else f" for {phase.until_week - phase.from_week:g} weeks"
    return f"{rhythm(phase)}{length}"


def doses_of_patient(regimen: Regimen, *, weeks: float, weight_kg: float) -> str:
    """Return in words what a patient of that weight [kg] gets in so many weeks.

    Examples
    --------
    >>> from koebner.therapies import load
    >>> doses_of_patient(load("infliximab").agents[0].regimen, weeks=26, weight_kg=80)
    '400 mg at weeks 0, 2, 6, 14 and 22: 5 doses, 2000 mg in all'
    """
    scale = DoseScale.of(regimen.unit, weight_kg=weight_kg)
    planned = regimen.planned(weeks, weight_kg=weight_kg)
    if not planned:
        return "nothing"
    if any(dose.until_week is not None for dose in planned):
        return ", then ".join(_stretch(dose, scale, weeks) for dose in planned)
    runs = [list(run) for _, run in groupby(planned, key=lambda dose: dose.amount)]
    if len(runs) <= _MOST_AMOUNTS:
        words = ", then ".join(f"{scale.told(run[0].amount)} {_when(run)}" for run in runs)
    else:
        largest = max(planned, key=lambda dose: dose.amount)
        words = (
            f"from {scale.told(planned[0].amount)} at week {planned[0].week:.3g} to "
            f"{scale.told(largest.amount)} from week {largest.week:.3g}"
        )
    many = f"{len(planned)} dose{'' if len(planned) == 1 else 's'}"
    total = f", {scale.told(sum(dose.amount for dose in planned))} in all" if scale.unit == "mg" else ""
    return f"{words}: {many}{total}"


def _stretch(dose: PlannedDose, scale: DoseScale, weeks: float) -> str:
    end = dose.until_week or 0.0
    until = "on" if end >= weeks else f"to {end:.3g}"
    return f"{scale.told(dose.amount)} a day from week {dose.week:.3g} {until}"


def _when(run: Sequence[PlannedDose]) -> str:
    """Return the weeks of equal doses: listed, or from where on they come at an even interval."""
    weeks = [dose.week for dose in run]
    if len(weeks) <= _MOST_WEEKS:
        return f"at week{'s' if len(weeks) > 1 else ''} {listed(weeks)}"
    gaps = [later - earlier for earlier, later in pairwise(weeks)]
    even = len(gaps)
    while even > 0 and abs(gaps[even - 1] - gaps[-1]) < 1e-6:
        even -= 1
    if len(gaps) - even < 2:
        return f"from week {weeks[0]:.3g} to {weeks[-1]:.3g}"
    first = f"at week{'s' if even > 1 else ''} {listed(weeks[:even])}, then " if even else ""
    if even > _MOST_WEEKS:
        first = f"{even} times from week {weeks[0]:.3g} to {weeks[even - 1]:.3g}, then "
    interval = "every week" if abs(gaps[-1] - 1) < 1e-6 else f"every {gaps[-1]:.3g} weeks"
    return f"{first}{interval} from week {weeks[even]:.3g} to {weeks[-1]:.3g}"


def text_timeline(agents: Sequence[Agent], *, weeks: float, weight_kg: float, width: int) -> list[str]:
    """Return a line an agent over the weeks, and below them the weeks, at most `width` characters wide.

    A dose is a bar as high as the dose, daily intake a shade as dark as a day's amount, both against the
    largest of the agent.
    """
    dosed = [agent for agent in agents if agent.regimen is not None]
    if not dosed:
        return []
    margin = max(len(agent.name) for agent in dosed) + 2
    margin = min(margin, max(8, width // 3))
    room = max(10, width - margin - len(f"{weeks:g}"))
    a_week = min(_MOST_COLUMNS_A_WEEK, room / weeks)
    a_week = math.floor(a_week) if a_week >= 1 else a_week
    lines = []
    for agent in dosed:
        name = agent.name if len(agent.name) < margin else agent.name[: margin - 2] + "…"
        lines.append(f"{name:<{margin}}{_marks(agent, weeks, weight_kg, a_week)}".rstrip())
    return [*lines, f"{'week':<{margin}}{_axis(weeks, a_week)}"]


def _marks(agent: Agent, weeks: float, weight_kg: float, a_week: float) -> str:
    planned = () if agent.regimen is None else agent.regimen.planned(weeks, weight_kg=weight_kg)
    largest = max((dose.amount for dose in planned), default=1.0)
    cells = [" "] * (math.floor(weeks * a_week) + 1)
    for dose in planned:
        share = dose.amount / largest
        begin = math.floor(dose.week * a_week + 1e-9)
        if dose.until_week is None:
            mark = _MARKS[math.ceil(share * len(_MARKS)) - 1]
            cells[begin] = max(cells[begin], mark)
        else:
            end = max(begin + 1, math.ceil(dose.until_week * a_week - 1e-9))
            shade = _SHADES[math.ceil(share * len(_SHADES)) - 1]
            cells[begin:end] = [shade] * len(cells[begin:end])
    return "".join(cells)


def _axis(weeks: float, a_week: float) -> str:
    """Return the weeks below their columns, as many as find room."""
    room = len(f"{weeks:g}") + 2
    step = next(step for step in _STEPS if step * a_week >= room)
    axis = ""
    for week in range(0, math.floor(weeks) + 1, step):
        axis = axis.ljust(math.floor(week * a_week + 1e-9)) + str(week)
    return axis
