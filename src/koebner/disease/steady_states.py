"""Where the disease rests: healthy skin, the plaque, and the threshold between them.

A pack with a strong switch has two stable states and a saddle between them; one with a weak switch has
the plaque alone, to which the skin returns from anywhere. States are found by letting the model run and
then by Newton's method on the compiled equations; the eigenvalues of the Jacobian say whether they hold.
Left out: states that only appear with a treatment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

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


def lesion_state(model: Model) -> SteadyState:
    """Return the plaque: the steady state at the model's initial values.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> lesion_state(load_model()).is_stable
    True
    """
    return _Landscape(model).lesion


def healthy_state(model: Model) -> SteadyState:
    """Return healthy skin: where the model settles when no inflammation is there to begin with.

    Raises
    ------
    ModelError
        When the skin returns to the plaque from there, as in a pack with a weak switch.
    """
    return _Landscape(model).healthy()


def threshold_state(model: Model) -> SteadyState:
    """Return the saddle between healthy skin and plaque, from which the skin goes either way.

    Raises
    ------
    ModelError
        When the pack has no healthy state.
    """
    return _Landscape(model).threshold()


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
        self.scale = np.where(self.start == 0, 1.0, np.abs(self.start))

    @property
    def lesion(self) -> SteadyState:
        return self._at(self._newton(self.start))

    def healthy(self) -> SteadyState:
        rest = self._newton(self._after(self._without_inflammation(), SETTLING_DAYS))
        if self._same(rest, self.start):
            raise ModelError(
                f"`{self.model.id}` has no healthy resting state: without any inflammation the skin returns "
                "to the plaque. Use the pack `onset`, which has both."
            )
        return self._at(rest)

    def threshold(self) -> SteadyState:
        """Halve the way from healthy skin to plaque until a course stays between; its slowest point."""
        healthy = np.array([*self.healthy().values.values()])
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
        """What is relative to the lesion at 0; what has a count of its own as in the lesion."""
        relative = [name not in self.model.initial_assignments for name in self.code.layout.states]
        return np.where(relative, 0.0, self.start)

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
