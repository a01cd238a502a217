"""Where the disease rests: healthy skin, the plaque, and the threshold between them.

A pack with a strong switch has two stable states and a saddle between them; one with a weak switch has
the plaque alone, to which the skin returns from anywhere. States are found by letting the model run and
then by Newton's method on the compiled equations; the eigenvalues of the Jacobian say whether they hold.
Left out: states that only appear with a treatment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from koebner.errors import ModelError
from koebner.kinetics import Model, NamedMapping
from koebner.solver import integrate
from koebner.solver.machine_code.compile import CompiledModel, compile_model
from koebner.solver.problem import constant_value, initial_value

Array = NDArray[np.float64]

# Long beside every time scale of the disease, the memory of years among them [days].
SETTLING_DAYS = 40 * 365.25
# Two rests are one when no state differs by more than this share of its lesional value.
SAME = 1e-3
_NEWTON_STEPS = 50
_NEWTON_TOLERANCE = 1e-12
_BISECTIONS = 48
# A perturbation grows or dies within this time [days] far from the threshold.
_WATCHED_DAYS = 3000.0


@dataclass(frozen=True, kw_only=True)
class SteadyState:
    """A point at which nothing changes.

    Attributes
    ----------
    values
        Value of each state, in the unit of the state.
    eigenvalues
        Eigenvalues of the Jacobian there [1/day], the largest real part first.
    """

    values: Mapping[str, float]
    eigenvalues: NDArray[np.complex128]

    @property
    def n_growing(self) -> int:
        """Number of directions in which a small disturbance grows."""
        return int((self.eigenvalues.real > 0).sum())

    @property
    def is_stable(self) -> bool:
        """Whether every small disturbance dies out."""
        return self.n_growing == 0


def lesion_state(model: Model) -> SteadyState | None:
    """Return the plaque, the steady state that the states are relative to; None where it does not stay.

    Raises
    ------
    ModelError
        When the model starts with healthy skin, so that its plaque is not known from it.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> lesion_state(load_model()).is_stable
    True
    """
    landscape = _landscape(model)
    landscape.check_start()
    return landscape.lesion


def healthy_state(model: Model) -> SteadyState | None:
    """Return healthy skin: where the model settles when no inflammation is there to begin with.

    None where the skin returns to the plaque from there, as in a pack with a weak switch.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> healthy_state(load_model()) is None
    True
    >>> healthy_state(load_model("onset")).is_stable
    True
    """
    return _landscape(model).healthy


def threshold_state(model: Model) -> SteadyState | None:
    """Return the saddle between healthy skin and plaque, from which the skin goes either way.

    None where one of the two does not exist.

    Raises
    ------
    ModelError
        When the model starts with healthy skin, so that its plaque is not known from it.
    """
    landscape = _landscape(model)
    landscape.check_start()
    return landscape.threshold


def starting_at(model: Model, state: SteadyState) -> Model:
    """Return the model with a steady state as its initial values.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> model = load_model()
    >>> round(starting_at(model, lesion_state(model)).species["Th17"].initial, 9)
    1.0
    """
    species = {
        name: replace(species, initial=state.values.get(name, species.initial))
        for name, species in model.species.items()
    }
    kept = {name: text for name, text in model.initial_assignments.items() if name not in state.values}
    return replace(
        model,
        species=NamedMapping("species", species),
        initial_assignments=NamedMapping("initial assignment", kept),
    )


class _Landscape:
    """The compiled equations of a model at its own parameters, and the ways between its rests."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.code: CompiledModel = compile_model(model)
        layout = self.code.layout
        self.start = np.array([initial_value(model, name) for name in layout.states])
        self.constants = np.zeros(len(layout.constants) + self.code.n_hoisted)
        self.constants[: len(layout.constants)] = [constant_value(model, name) for name in layout.constants]
        free = np.zeros(len(self.start), dtype=np.bool_)
        self.code.start(self.start, self.constants, free, np.zeros(len(layout.constants), dtype=np.bool_))
        self.code.hoist(self.constants)
        # Beside the size of a plaque: a state is 1 there, or a count.
        self.scale = np.maximum(np.abs(self.start), 1.0)

    @cached_property
    def starts_at_plaque(self) -> bool:
        """Whether every relative state starts at 1, or at 0 where the plaque has none of it."""
        relative = self.start[self._is_relative()]
        return bool(np.all(np.minimum(np.abs(relative), np.abs(relative - 1)) < SAME**2))

    def check_start(self) -> None:
        """Refuse a model that starts elsewhere than at its plaque."""
        if not self.starts_at_plaque:
            raise ModelError(
                f"`{self.model.id}` starts with healthy skin, which says nothing of its plaque; load it with "
                '`start="lesion"`.'
            )

    @cached_property
    def lesion(self) -> SteadyState | None:
        rates = self.code.rates(0.0, self.start, self.constants)
        return None if np.max(np.abs(rates) / self.scale) > SAME else self._at(self._newton(self.start))

    @cached_property
    def healthy(self) -> SteadyState | None:
        rest = self._newton(self._after(self._without_inflammation(), SETTLING_DAYS))
        returns = self.starts_at_plaque and self._same(rest, self.start)
        return None if returns else self._at(rest)

    @cached_property
    def threshold(self) -> SteadyState | None:
        """Halve the way from healthy skin to plaque until a course stays between; its slowest point."""
        if self.healthy is None or self.lesion is None:
            return None
        healthy = self._values(self.healthy)
        low, high = 0.0, 1.0
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            end = self._after(self._between(healthy, middle), _WATCHED_DAYS)
            nearer = np.linalg.norm((end - healthy) / self.scale) < np.linalg.norm(
                (end - self.start) / self.scale
            )
            low, high = (middle, high) if nearer else (low, middle)
        times = np.linspace(0.0, 1000.0, 501)
        path = self._path(self._between(healthy, low), times)
        speed = [np.linalg.norm(self.code.rates(0.0, y, self.constants) / self.scale) for y in path]
        return self._at(self._newton(path[int(np.argmin(speed))]))

    def _without_inflammation(self) -> Array:
        """What is relative to the lesion at 0; what has a count of its own as it starts."""
        return np.where(self._is_relative(), 0.0, self.start)

    def _is_relative(self) -> NDArray[np.bool_]:
        units = [self.model.species[name].unit for name in self.code.layout.states]
        return np.array([unit == "dimensionless" for unit in units])

    def _values(self, state: SteadyState) -> Array:
        return np.array([state.values[name] for name in self.code.layout.states])

    def _between(self, healthy: Array, share: float) -> Array:
        return np.asarray(healthy + share * (self.start - healthy), dtype=float)

    def _after(self, initial: Array, days: float) -> Array:
        return np.asarray(self._path(initial, np.array([0.0, days]))[-1], dtype=float)

    def _path(self, initial: Array, times: Array) -> Array:
        states = self.code.layout.states
        solution = integrate(
            self.model,
            times=times,
            initial=dict(zip(states, initial.tolist(), strict=True)),
            outputs=list(states),
            rtol=1e-8,
            atol=1e-12,
        )
        return np.asarray(solution.values[0], dtype=float)

    def _newton(self, guess: Array) -> Array:
        y: Array = np.array(guess, dtype=float)
        for _ in range(_NEWTON_STEPS):
            rates = self.code.rates(0.0, y, self.constants)
            step = np.linalg.solve(self.code.jacobian(0.0, y, self.constants).T, -rates)
            y += step
            if np.max(np.abs(step) / self.scale) < _NEWTON_TOLERANCE:
                return y
        raise ModelError(
            f"no steady state of `{self.model.id}` was found near the point where it settles; "
            "its parameters may let it oscillate."
        )

    def _at(self, y: Array) -> SteadyState:
        eigenvalues = np.linalg.eigvals(self.code.jacobian(0.0, y, self.constants).T)
        order = np.argsort(-eigenvalues.real)
        values = dict(zip(self.code.layout.states, y.tolist(), strict=True))
        return SteadyState(values=values, eigenvalues=eigenvalues[order].astype(np.complex128))

    def _same(self, one: Array, other: Array) -> bool:
        return bool(np.max(np.abs(one - other) / self.scale) < SAME)


@lru_cache(maxsize=8)
def _landscape(model: Model) -> _Landscape:
    """Keep what was found, as the three states of one model are mostly asked for together."""
    return _Landscape(model)
