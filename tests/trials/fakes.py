"""A trial without the disease: courses given by a formula, so that every expected number is known."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from koebner import therapies
from koebner.kinetics import Model, Parameter
from koebner.patients import Cohort
from koebner.simulation import Trajectories
from koebner.therapies import Therapy
from koebner.trials import Outcome, Trial

QUIET_VISIT = {
    "placebo_share_max": 0.0,
    "placebo_onset_weeks": 13.0,
    "placebo_last_week": 16.0,
    "placebo_log_drop_rate": 1.35,
    "visit_noise_sd": 0.0,
    "detection_limit": 0.03,
    "dropout_per_week": 0.0,
    "DLQI_power": 0.85,
    "DLQI_patient_sd": 0.0,
    "DLQI_noise_sd": 0.0,
    "DLQI_max": 30.0,
    "exponent_signs": 0.35,
}


def fake_model(**values: float) -> Model:
    """A model of nothing but the parameters of a visit and the residual PASI under treatment."""
    given = {**QUIET_VISIT, "residual": 0.2, **values}
    return Model.of(
        id="fake",
        parameters=[
            Parameter(id=name, value=value, unit="dimensionless", source="assumption")
            for name, value in given.items()
        ],
    )


class FakePopulation:
    """Patients with a PASI of 10, 11, 12, ... by their number."""

    name = "fake"
    entry = "an entry"
    moments: ClassVar[dict[str, float]] = {}

    def sample(self, n: int, *, seed: int, first: int = 0) -> Cohort:
        index = pd.RangeIndex(first, first + n, name="patient")
        columns = {"pasi": 10.0 + index.to_numpy(), "weight_kg": np.full(n, 88.0)}
        return Cohort(
            covariates=pd.DataFrame(columns, index=index),
            deviations=pd.DataFrame(index=index),
            scales={},
            signs=np.ones((n, 3)),
            regions=np.ones((n, 4)),
        )


class FakeSimulation:
    """Stands in for `simulate`: PASI and a mean sign of 3 fall to `residual` and return by week 24.

    Placebo changes nothing; patients in `failing` cannot be simulated; call `interrupt_at` raises.
    """

    def __init__(self, *, failing: Sequence[int] = (), interrupt_at: int | None = None) -> None:
        self.failing = failing
        self.interrupt_at = interrupt_at
        self.calls = 0

    def __call__(
        self, model: Model, cohort: Cohort, therapy: Therapy, *, at_weeks: Sequence[float], **_: Any
    ) -> Trajectories:
        self.calls += 1
        if self.calls == self.interrupt_at:
            raise KeyboardInterrupt
        weeks = np.array(at_weeks, dtype=float)
        residual = 1.0 if therapy.id == "placebo" else model.parameters["residual"].value
        course = np.interp(weeks, [0, 8, 12, 24], [1, residual, residual, 1])
        pasi = np.outer(cohort.covariates["pasi"], course)
        status = ["step limit" if patient in self.failing else "ok" for patient in cohort.patients]
        pasi[np.array(status) != "ok"] = np.nan
        coordinates = {
            "patient": cohort.patients,
            "courses": ("patient", np.ones(len(cohort), dtype=int)),
            "time": weeks * 7.0,
            "week": ("time", weeks),
        }
        return Trajectories(
            dataset=xr.Dataset(
                {
                    "PASI": (("patient", "time"), pasi),
                    "sign_mean": (("patient", "time"), 3 * course + 0 * pasi),
                    "DLQI_mean": (("patient", "time"), 12 * course + 0 * pasi),
                },
                coords=coordinates,
            ),
            status=xr.DataArray(status, dims=("patient",)),
            provenance={},
        )


def fake_draw(model: Model, seed: int, draw: int) -> Model:
    """Draw d leaves d tenths of baseline under treatment: draws 1 to 4 leave 0.1 to 0.4."""
    return model if draw == 0 else model.with_parameters(residual=0.1 * draw)


def small_trial(**changes: Any) -> Trial:
    """UC-MSC at weeks 0 to 6 against placebo, five patients an arm, visits to week 24."""
    cells = therapies.load("uc_msc", cells_per_kg=2e6, weeks=[0, 2, 4, 6])
    given: dict[str, Any] = {
        "arms": {"UC-MSC": cells, "placebo": therapies.load("placebo")},
        "n_per_arm": 5,
        "visits": [0, 4, 8, 12, 16, 20, 24],
        "seed": 7,
        "endpoints": ("PASI50", "PASI75", "PASI mean"),
        "parameter_draws": 2,
    }
    return Trial(**{**given, **changes})


def install(monkeypatch: Any, simulation: FakeSimulation | None = None) -> FakeSimulation:
    """Put the fakes in the place of the simulation and of the parameter draws."""
    chosen = simulation if simulation is not None else FakeSimulation()
    monkeypatch.setattr("koebner.trials.conduct.simulate", chosen)
    monkeypatch.setattr("koebner.trials.conduct.draw_parameters", fake_draw)
    return chosen


def run_small(
    monkeypatch: Any,
    *,
    simulation: FakeSimulation | None = None,
    model: Model | None = None,
    **changes: Any,
) -> Outcome:
    """Run the small trial with fakes and return its outcome."""
    install(monkeypatch, simulation)
    return small_trial(**changes).run(model if model is not None else fake_model(), FakePopulation())
