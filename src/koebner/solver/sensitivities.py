"""Sensitivities: how outputs change with parameters.

They are integrated by the variational equations. A dose that sets a state or a constant makes it the same
whatever the parameters are: its derivatives become 0. Where a rate jumps at a time that depends on a
parameter, derivatives jump too, of which the variational equations know nothing; so models in which that
may happen are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.solver.machine_code.compile import Recipe
from koebner.solver.problem import Columns, Outcome, Problem, Schedule
from koebner.solver.status import Status
from koebner.solver.symbolic.equations import build_equations
from koebner.solver.symbolic.expressions import JUMPING
from koebner.solver.symbolic.jacobian import gradients
from koebner.solver.symbolic.variational import Pair, SensitivityPlan, labels, variables

Array = NDArray[np.float64]

_SETS_STATE, _SETS_CONSTANT = 0, 1
"""Kinds of a `Schedule`."""


def with_sensitivities(problem: Problem, parameters: Sequence[str]) -> Problem:
    """Return a problem with the derivatives of its outputs by parameters as more outputs.

    Raises
    ------
    UnknownNameError
        When there is no such parameter.
    InvalidValueError
        When a sensitivity by what was named is not defined, or would be wrong.
    """
    recipe = problem.recipe
    layout = recipe.layout
    _check_events(recipe.model)
    _check_parameters(problem, parameters)
    plan = plan_sensitivities(recipe, tuple(parameters))
    wanted = [(place, pair) for place, pair in enumerate(plan.outputs) if pair[0] in problem.outputs]
    return replace(
        problem,
        recipe=Recipe(recipe.model, recipe.plan, plan),
        states=_followed(problem.states, layout.states, plan.states),
        constants=_followed(problem.constants, layout.constants, plan.constants),
        changes=_with_resets(problem.changes, recipe, plan),
        outputs=(*problem.outputs, *labels(pair for _, pair in wanted)),
        places=(*problem.places, *(("a", len(layout.observed) + place) for place, _ in wanted)),
        never_negative=np.concatenate([problem.never_negative, np.zeros(len(plan.states), dtype=bool)]),
    )


def sensitivities_of(
    outcome: Outcome, problem: Problem, outputs: Sequence[str], parameters: Sequence[str]
) -> Array:
    """Return sensitivities from among all outputs, shape `(n_patients, n_times, n_outputs, n_parameters)`."""
    n_patients, n_times, _ = outcome.values.shape
    result = np.zeros((n_patients, n_times, len(outputs), len(parameters)))
    columns = {name: column for column, name in enumerate(problem.outputs)}
    for j, parameter in enumerate(parameters):
        for i, label in enumerate(labels((name, parameter) for name in outputs)):
            if label in columns:
                result[:, :, i, j] = outcome.values[:, :, columns[label]]
    succeeded = [status for status in Status if status.succeeded]
    result[~np.isin(outcome.status, succeeded)] = np.nan
    return result


def _check_events(model: Model) -> None:
    for event in model.events:
        raise InvalidValueError(
            f"model `{model.id}` has the event `{event}`, but sensitivities are known for models without "
            "events only; leave `sensitivities` out, or give doses for what the event does."
        )


def _check_parameters(problem: Problem, parameters: Sequence[str]) -> None:
    layout, changes = problem.recipe.layout, problem.changes
    if len(set(parameters)) < len(parameters):
        raise InvalidValueError(f"`sensitivities` are {list(parameters)}; each parameter is expected once.")
    sets = {*zip(changes.kind.tolist(), changes.place.tolist(), strict=True)}
    for name in parameters:
        if name in layout.states:
            raise InvalidValueError(
                f"`{name}` is a state, but sensitivities are by parameters; for that by its value at time 0, "
                "let an initial assignment compute it from a parameter."
            )
        if name in layout.assigned:
            raise InvalidValueError(
                f"`{name}` is computed by a rule, but sensitivities are by parameters; name one of the rule."
            )
        if name not in layout.constants:
            raise UnknownNameError("parameter", name, layout.constants)
        if (_SETS_CONSTANT, layout.constants.index(name)) in sets:
            raise InvalidValueError(
                f"a dose sets `{name}`, so it is not one number; leave it out of `sensitivities`."
            )


@lru_cache(maxsize=64)
def plan_sensitivities(recipe: Recipe, parameters: tuple[str, ...]) -> SensitivityPlan:
    """Return which derivatives are not always 0.

    Raises
    ------
    InvalidValueError
        When a rate has a condition on what depends on a parameter.
    """
    layout = recipe.layout
    needs = _Needs(recipe, parameters)
    started = {k: _started(needs.starts, k) for k in parameters}
    reached = {k: _reached(needs.rates, started[k]) for k in parameters}
    for k in parameters:
        _check_smooth(needs.jumps, reached[k], k)
    return SensitivityPlan(
        parameters=parameters,
        states=tuple((name, k) for k in parameters for name in layout.states if name in reached[k]),
        constants=tuple(
            (name, k) for k in parameters for name in layout.constants if name in started[k] and name != k
        ),
        outputs=tuple(
            (name, k) for k in parameters for name in needs.values if needs.values[name] & reached[k]
        ),
    )


class _Needs:
    """By name, on which states, parameters and computed constants a formula depends.

    `starts` are the formulas of initial assignments, in their order, `rates` those of states, `values`
    those of possible outputs and `jumps` those at which the rate of a state may jump.
    """

    def __init__(self, recipe: Recipe, parameters: tuple[str, ...]) -> None:
        layout = recipe.layout
        equations = build_equations(recipe.model, layout)
        self._graph = equations.graph
        nodes = variables(self._graph, layout)
        self._names = tuple(dict.fromkeys([*layout.states, *parameters, *equations.initial]))
        self._places = {nodes[name]: place for place, name in enumerate(self._names)}
        rates = dict(zip(layout.states, equations.derivatives, strict=True))
        observed = dict(zip(layout.observed, equations.observed, strict=True))
        self.starts = self._of(equations.initial)
        self.rates = self._of(rates)
        self.values = self._of(nodes | observed)
        self.jumps = {name: self._of_jumps(rate) for name, rate in rates.items()}

    def _of(self, formulas: Mapping[str, int]) -> dict[str, set[str]]:
        found = gradients(self._graph, list(formulas.values()), self._places)
        return {
            name: {self._names[place] for place in gradient}
            for name, gradient in zip(formulas, found, strict=True)
        }

    def _of_jumps(self, rate: int) -> set[str]:
        nodes = [
            self._graph.nodes[place] for place in self._graph.needed([rate]) if self._graph.moving[place]
        ]
        compared = [argument for node in nodes if node.operation in JUMPING for argument in node.arguments]
        found = gradients(self._graph, compared, self._places)
        return {self._names[place] for gradient in found for place in gradient}


def _started(starts: Mapping[str, set[str]], parameter: str) -> set[str]:
    """Return what depends on a parameter at time 0."""
    found = {parameter}
    for name, needed in starts.items():
        if needed & found:
            found.add(name)
    return found


def _reached(rates: Mapping[str, set[str]], started: set[str]) -> set[str]:
    """Return what depends on a parameter at any time."""
    found = set(started)
    while more := {name for name, needed in rates.items() if name not in found and needed & found}:
        found |= more
    return found


def _check_smooth(jumps: Mapping[str, set[str]], reached: set[str], parameter: str) -> None:
    for name, needed in jumps.items():
        for cause in sorted(needed & reached):
            raise InvalidValueError(
                f"the rate of `{name}` has a condition on `{cause}`, so when it jumps may depend on "
                f"`{parameter}`, and a sensitivity would be wrong; leave it out of `sensitivities`, or write "
                "the rate without the condition (`min`, `max` and `abs` are none)."
            )


def _followed(columns: Columns, names: Sequence[str], pairs: Sequence[Pair]) -> Columns:
    """Return columns with a derivative of 0 for each pair, kept where the value itself was given."""
    places = np.array([names.index(name) for name, _ in pairs], dtype=np.int64)
    return replace(
        columns,
        default=np.concatenate([columns.default, np.zeros(len(pairs))]),
        is_given=np.concatenate([columns.is_given, columns.is_given[places]]),
    )


def _with_resets(changes: Schedule, recipe: Recipe, plan: SensitivityPlan) -> Schedule:
    """Return a schedule in which the derivatives of what is set become 0 at the same time."""
    n_patients = len(changes.first) - 1
    patient = np.repeat(np.arange(n_patients), np.diff(changes.first))
    layout = recipe.layout
    rows, places = [np.arange(len(patient))], [changes.place]
    sides = ((_SETS_STATE, layout.states, plan.states), (_SETS_CONSTANT, layout.constants, plan.constants))
    for kind, names, pairs in sides:
        for follower, (name, _) in enumerate(pairs, start=len(names)):
            is_set = (changes.kind == kind) & (changes.place == names.index(name))
            rows.append(np.flatnonzero(is_set))
            places.append(np.full(len(rows[-1]), follower))
    row, place = np.concatenate(rows), np.concatenate(places)
    amount = np.where(np.arange(len(row)) < len(patient), changes.amount[row], 0.0)
    order = np.lexsort((changes.time[row], patient[row]))
    counts = np.bincount(patient[row], minlength=n_patients)
    return Schedule(
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        time=changes.time[row][order],
        place=place[order],
        kind=changes.kind[row][order],
        amount=amount[order],
    )
