"""Why a lane gives a patient up, who is then integrated by the reference method."""

from enum import IntEnum


class Suspicion(IntEnum):
    """What made the fast method doubt its own numbers; NONE when it did not."""

    NONE = 0
    NOT_FINITE = 1
    STEPS = 2
    STEP_SIZE = 3
    RESIDUAL = 4
    SIGN = 5
    EVENTS = 6

    @property
    def sentence(self) -> str:
        """What was noticed."""
        return _SENTENCES[self]


_SENTENCES = {
    Suspicion.NONE: "nothing was noticed",
    Suspicion.NOT_FINITE: "a value was not finite",
    Suspicion.STEPS: "more steps than max_steps were needed",
    Suspicion.STEP_SIZE: "the step size vanished",
    Suspicion.RESIDUAL: "a linear solution was inaccurate",
    Suspicion.SIGN: "a value that cannot be negative fell below 0",
    Suspicion.EVENTS: "events could not be carried out",
}
