"""How the integration of a patient ended."""

from enum import IntEnum


class Status(IntEnum):
    """Every status but OK and REDONE is a failure: the patient's values are not numbers."""

    OK = 0
    STEP_LIMIT = 1
    DIVERGED = 2
    NEGATIVE = 3
    NOT_FINITE = 4
    TOLERANCE = 5
    REDONE = 6

    @property
    def succeeded(self) -> bool:
        """Whether the patient has values."""
        return self in (Status.OK, Status.REDONE)

    @property
    def sentence(self) -> str:
        """What happened and what to do about it."""
        return _SENTENCES[self]

    def reason(self, time: float, detail: str = "") -> str:
        """Return what happened, when, and what to do about it."""
        label = self.name.lower().replace("_", " ")
        return f"{label} at time {time:.6g}: {detail or self.sentence}"


_SENTENCES = {
    Status.OK: "ok",
    Status.STEP_LIMIT: "more steps than max_steps were needed; raise max_steps or look for rates too fast.",
    Status.DIVERGED: "the solution grows without bound; check the parameters and initial values.",
    Status.NEGATIVE: "a species fell below 0; check its equation, or lower rtol and atol.",
    Status.NOT_FINITE: "a value or rate is not a finite number; check the parameters and initial values.",
    Status.TOLERANCE: "the tolerances are too small for double precision; raise rtol or atol.",
    Status.REDONE: "the reference method took over from a faster one.",
}


class FailedError(Exception):
    """Ends the integration of a patient; it reaches no user, who sees `status` and `reason`."""

    def __init__(self, status: Status, time: float, detail: str = "") -> None:
        self.status = status
        self.reason = status.reason(time, detail)
        super().__init__(self.reason)
