"""The row of the safety table: how often an adverse event was counted under a treatment.

Three kinds of count are published and none is turned into another: patients with the event among those
treated, events over patient-years, and events among patients whose exposure was not given. Leaves out
any mechanism: the model predicts no adverse event.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from koebner.evidence.rows import Count, Number, Responders, Row, none_if_empty, slug
from koebner.intervals import poisson_interval, wilson_interval

PatientYears = Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(none_if_empty)]


class AdverseEvent(Row):
    """One adverse event in one arm, counted over `week` weeks or over `patient_years` [years].

    `week` is the mean or the longest time where patients were observed for unequal times. Either
    `patients` of `n` had it, or there were `events`; `rate` [per 100 patient-years] with `low` and
    `high` is what the source printed, where it printed a rate.

    Examples
    --------
    >>> row = AdverseEvent(
    ...     study="erasure-2014", arm="secukinumab 300", therapy="secukinumab", event="serious adverse event",
    ...     patients=6, n=245, week=12, events="", patient_years="", rate="", low="", high="",
    ...     source="langley-2014", level="secondary",
    ... )
    >>> row.count
    '6 of 245 patients in 12 weeks'
    >>> row.frequency
    '2.4 % (95 % interval 1.1 to 5.2)'
    """

    study: str
    arm: str
    therapy: str
    event: str
    patients: Responders
    n: Count
    week: Number
    events: Responders
    patient_years: PatientYears
    rate: Number
    low: Number
    high: Number

    @property
    def id(self) -> str:
        """Study, arm, event and week."""
        parts = (self.study, slug(self.arm), slug(self.event))
        return "/".join(parts if self.week is None else (*parts, f"{self.week:g}"))

    @property
    def value(self) -> float | None:
        """The share of patients [%] or the rate [per 100 patient-years]; None where neither is known."""
        if self.patients is not None and self.n is not None:
            return 100 * self.patients / self.n
        if self.events is not None and self.patient_years is not None:
            return 100 * self.events / self.patient_years
        return self.rate

    @property
    def unit(self) -> str:
        """The unit of `value`."""
        return "%" if self.patients is not None else "per 100 patient-years"

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `value`: Wilson of a share, exact Poisson of events, else as printed.

        None where only events among patients are known: one patient may have had several.

        References
        ----------
        Newcombe 1998, Stat Med 17:857-872, method 3 (PMID 9595616) for the share.
        """
        if self.patients is not None and self.n is not None:
            return share_interval(self.patients, self.n)
        if self.events is not None and self.patient_years is not None:
            return rate_interval(self.events, self.patient_years)
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def count(self) -> str:
        """What was counted, in words; the published rate where no count is known."""
        until = "" if self.week is None else f" in {self.week:g} weeks"
        if self.patients is not None:
            return f"{self.patients} of {self.n} patients{until}"
        if self.events is None:
            return f"rate as printed, over {self.patient_years:g} patient-years"
        over = f"{self.n} patients{until}"
        if self.patient_years is not None:
            over = f"{self.patient_years:g} patient-years"
        return f"{self.events} {'event' if self.events == 1 else 'events'} in {over}"

    @property
    def frequency(self) -> str:
        """`value` with its interval, in words; that there is none where the exposure was not given."""
        if self.value is None or self.interval is None:
            return "no rate: the exposure was not published"
        low, high = self.interval
        digits = 1 if self.value >= 1 or self.unit == "%" else 2
        return f"{self.value:.{digits}f} {self.unit} (95 % interval {low:.{digits}f} to {high:.{digits}f})"


def share_interval(patients: int, n: int) -> tuple[float, float]:
    """Return the Wilson 95 % interval [%] of `patients` among `n`.

    Examples
    --------
    >>> [round(limit, 1) for limit in share_interval(15, 148)]
    [6.2, 16.0]
    """
    low, high = wilson_interval(patients, n)
    return 100 * low, 100 * high


def rate_interval(events: int, patient_years: float) -> tuple[float, float]:
    """Return the exact Poisson 95 % interval [per 100 patient-years] of `events`.

    Examples
    --------
    >>> [round(limit, 2) for limit in rate_interval(0, 100)]
    [0.0, 3.69]
    """
    low, high = poisson_interval(events)
    return 100 * low / patient_years, 100 * high / patient_years
