"""The outcome of a trial: every visit, and the tables that are read from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from koebner.errors import InvalidValueError
from koebner.intervals import wilson_interval
from koebner.trials.endpoints import (
    ENDPOINTS,
    MISSING_RULES,
    Endpoint,
    MeanEndpoint,
    ResponderEndpoint,
    count_responders,
    endpoint_named,
    endpoint_values,
    responder_endpoint,
)
from koebner.trials.record import TrialRecord
from koebner.trials.recorded import SCORES, Recorded
from koebner.trials.relapse import DEFINITIONS, definition_named
from koebner.trials.relapse_summary import Relapse, summarise_relapse
from koebner.trials.statistics import draw_range, mean_interval
from koebner.trials.tables import rows, write_csv, write_json

SUMMARY_WEEKS = (12.0, 24.0, 52.0)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a trial showed.

    Parameters
    ----------
    record
        The trial as it was run.
    patients
        One row a patient: arm, number, covariates, status, number of draws that failed.
    all_visits
        One row a draw, patient and visit: `pasi_true` of the model, the recorded `pasi`, `spga` and `dlqi`,
        NaN after dropout. Draw 0 is the calibrated model.
    evidence
        What the result rests on, for the report.
    """

    record: TrialRecord
    patients: pd.DataFrame
    all_visits: pd.DataFrame
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def visits(self) -> pd.DataFrame:
        """Visits in the central model: arm, patient, week, pasi_true, pasi, spga, dlqi."""
        central = self.all_visits[self.all_visits["draw"] == 0]
        return central.drop(columns="draw").reset_index(drop=True)

    @cached_property
    def _recorded(self) -> dict[str, list[Recorded]]:
        """Recorded scores of each arm by draw, each of shape `(n_patients, n_visits)`."""
        shape = (self.record.parameter_draws + 1, self.record.n_per_arm, len(self.record.visits))
        scores = {}
        for label, rows_of_arm in self.all_visits.groupby("arm", sort=False):
            recorded = Recorded(
                **{name: rows_of_arm[name].to_numpy(dtype=float).reshape(shape) for name in SCORES}
            )
            scores[str(label)] = [recorded[draw] for draw in range(shape[0])]
        return scores

    def recorded(self, arm: str) -> Recorded:
        """Return the recorded scores of an arm, shape `(n_patients, n_visits)`."""
        return self._recorded[arm][0]

    def response(self, endpoint: str, *, week: float) -> pd.DataFrame:
        """Return responders of each arm at a visit.

        Columns: `responders` of `n`, how many of them were `missing` at the visit, `percent` with its
        Wilson 95 % interval, and the 90 % range of the percentage over the parameter draws.

        Raises
        ------
        InvalidValueError
            When `week` is no visit of the trial, or the endpoint is a mean.
        UnknownNameError
            When the endpoint does not exist.
        """
        chosen = responder_endpoint(endpoint)
        column = self._column(week)
        return pd.DataFrame([self._response_row(arm, chosen, week, column) for arm in self.record.labels])

    def _response_row(
        self, arm: str, endpoint: ResponderEndpoint, week: float, column: int
    ) -> dict[str, Any]:
        central, *draws = (
            count_responders(scores[:, 0], scores[:, column], endpoint, self.record.missing)
            for scores in self._recorded[arm]
        )
        lower, upper = wilson_interval(central.k, central.n)
        draws_lower, draws_upper = self._draw_range(arm, [draw.percent for draw in draws])
        return {
            "arm": arm,
            "endpoint": endpoint.name,
            "week": float(week),
            "responders": central.k,
            "n": central.n,
            "missing": central.missing,
            "percent": central.percent,
            "lower_95": 100 * lower,
            "upper_95": 100 * upper,
            "parameters_lower_90": draws_lower,
            "parameters_upper_90": draws_upper,
        }

    def mean(self, endpoint: str, *, week: float) -> pd.DataFrame:
        """Return the mean of each arm at a visit over the patients seen, with its Student 95 % interval.

        Raises
        ------
        InvalidValueError
            When `week` is no visit of the trial, or the endpoint is a rate.
        UnknownNameError
            When the endpoint does not exist.
        """
        chosen = endpoint_named(endpoint)
        if isinstance(chosen, ResponderEndpoint):
            known = ", ".join(name for name, each in ENDPOINTS.items() if isinstance(each, MeanEndpoint))
            raise InvalidValueError(f"`{endpoint}` is a rate; a mean endpoint is expected, one of {known}.")
        column = self._column(week)
        return pd.DataFrame([self._mean_row(arm, chosen, week, column) for arm in self.record.labels])

    def _mean_row(self, arm: str, endpoint: MeanEndpoint, week: float, column: int) -> dict[str, Any]:
        central, *draws = (
            endpoint_values(scores[:, 0], scores[:, column], endpoint) for scores in self._recorded[arm]
        )
        mean, lower, upper = mean_interval(central)
        draws_lower, draws_upper = self._draw_range(arm, [mean_interval(values)[0] for values in draws])
        return {
            "arm": arm,
            "endpoint": endpoint.name,
            "week": float(week),
            "n": len(central),
            "mean": mean,
            "unit": endpoint.unit,
            "lower_95": lower,
            "upper_95": upper,
            "parameters_lower_90": draws_lower,
            "parameters_upper_90": draws_upper,
        }

    def _draw_range(self, arm: str, values: Sequence[float]) -> tuple[float, float]:
        """Return the range over the draws; none for an arm whose numbers are held at a published one."""
        return (float("nan"), float("nan")) if self.record.arm(arm).held else draw_range(values)

    def table(self, endpoint: str, *, week: float) -> pd.DataFrame:
        """Return `response` or `mean`, whichever the endpoint asks for."""
        if isinstance(endpoint_named(endpoint), MeanEndpoint):
            return self.mean(endpoint, week=week)
        return self.response(endpoint, week=week)

    def relapse(self, definition: str | None = None) -> Relapse:
        """Return times from the last dose to the loss of response, by arm.

        Parameters
        ----------
        definition
            A named definition; the trial's own when left out.

        Raises
        ------
        UnknownNameError
            When the definition does not exist.
        """
        courses = {arm: self.recorded(arm) for arm in self.record.labels}
        return summarise_relapse(self.record, courses, definition_named(definition or self.record.relapse))

    @property
    def failed(self) -> dict[str, int]:
        """How many patients of each arm could not be simulated in the calibrated model."""
        bad = self.patients["status"] != "ok"
        return {arm: int((bad & (self.patients["arm"] == arm)).sum()) for arm in self.record.labels}

    @property
    def failed_draws(self) -> int:
        """How many simulations of patients failed in the replays with drawn parameters."""
        return int(self.patients["failed_draws"].sum())

    @property
    def summary_weeks(self) -> tuple[float, ...]:
        """Weeks 12, 24 and 52 as far as they are visits, and the last visit."""
        usual = [week for week in SUMMARY_WEEKS if week in self.record.visits]
        return tuple(dict.fromkeys([*usual, self.record.visits[-1]]))

    @property
    def missing_rule(self) -> str:
        """The rule for missing visits, as a sentence."""
        return MISSING_RULES[self.record.missing]

    def summary(self) -> pd.DataFrame:
        """Return the responder rates of the trial's endpoints at the summary weeks."""
        return self._tabulate(ResponderEndpoint, self.summary_weeks)

    def mean_summary(self) -> pd.DataFrame:
        """Return the means of the trial's endpoints at the summary weeks."""
        return self._tabulate(MeanEndpoint, self.summary_weeks)

    def _tabulate(self, kind: type[Endpoint], weeks: tuple[float, ...]) -> pd.DataFrame:
        """Return all of the trial's endpoints of a kind; an empty table when there are none."""
        names = [name for name in self.record.endpoints if isinstance(ENDPOINTS[name], kind)]
        tables = [self.table(name, week=week) for name in names for week in weeks]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def with_evidence(self, evidence: Mapping[str, Any]) -> "Outcome":
        """Return the same outcome with what it rests on."""
        return replace(self, evidence=dict(evidence))

    def write(self, folder: Path) -> None:
        """Write `patients.csv`, `visits.csv`, `parameter_draws.csv`, `responses.csv`, `means.csv`,
        `relapse.csv` and `results.json`; a table without rows is not written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        relapse = pd.concat([self.relapse(name).table for name in DEFINITIONS], ignore_index=True)
        draws = self.all_visits[self.all_visits["draw"] > 0].drop(columns="pasi_true")
        tables = {
            "patients": self.patients,
            "visits": self.visits,
            "parameter_draws": draws,
            "responses": self._tabulate(ResponderEndpoint, self.record.visits[1:]),
            "means": self._tabulate(MeanEndpoint, self.record.visits[1:]),
            "relapse": relapse,
        }
        for name, table in tables.items():
            if not table.empty:
                write_csv(folder / f"{name}.csv", table)
        write_json(folder / "results.json", {**self._results(), "relapse": rows(relapse)})

    def _results(self) -> dict[str, Any]:
        return {
            "fingerprint": self.record.fingerprint,
            "trial": self.record.model_dump(mode="json"),
            "missing_rule": self.missing_rule,
            "failed": self.failed,
            "failed_draws": self.failed_draws,
            "responses": rows(self.summary()),
            "means": rows(self.mean_summary()),
            "evidence": dict(self.evidence),
        }

    def _column(self, week: float) -> int:
        if week not in self.record.visits:
            known = ", ".join(f"{visit:g}" for visit in self.record.visits)
            raise InvalidValueError(
                f"Week {week:g} was given; expected a visit of the trial, one of {known}."
            )
        return self.record.visits.index(week)


def read_outcome(folder: Path) -> Outcome:
    """Read the outcome that `Outcome.write` left in a folder.

    Raises
    ------
    InvalidValueError
        When the folder is no complete run, or a file of it is damaged.
    """
    results = folder / "results.json"
    if not results.exists():
        raise InvalidValueError(
            f"`{folder}` was given; a finished run with its `results.json` is expected. "
            "Make one with `koebner trial run FILE --out DIR`."
        )
    try:
        content = json.loads(results.read_text(encoding="utf-8"))
        visits = _read_csv(folder / "visits.csv")
        if visits.empty:
            raise ValueError("visits.csv holds no visit")
        visits.insert(0, "draw", 0)
        draws = folder / "parameter_draws.csv"
        replays = [_read_csv(draws)] if draws.exists() else []
        outcome = Outcome(
            record=TrialRecord.model_validate_json(json.dumps(content["trial"])),
            patients=_read_csv(folder / "patients.csv"),
            all_visits=pd.concat([visits, *replays], ignore_index=True),
            evidence=content["evidence"],
        )
        _check_complete(outcome)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidValueError(
            f"`{folder}` is damaged ({type(error).__name__}: {str(error).splitlines()[0]}); a finished run "
            "is expected. Run the trial again with `--overwrite`."
        ) from error
    return outcome


def _check_complete(outcome: Outcome) -> None:
    record = outcome.record
    n_patients = len(record.arms) * record.n_per_arm
    n_visits = n_patients * len(record.visits) * (record.parameter_draws + 1)
    if (len(outcome.patients), len(outcome.all_visits)) != (n_patients, n_visits):
        raise ValueError(f"{len(outcome.all_visits)} rows of visits, {n_visits} expected")


def _read_csv(path: Path) -> pd.DataFrame:
    # An arm may be called "NA" or "1": labels stay text, and only an empty field is missing.
    return pd.read_csv(path, dtype={"arm": str, "status": str}, keep_default_na=False, na_values=[""])
