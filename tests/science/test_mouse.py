"""The imiquimod mouse: inflamed while the cream is applied, healed after it (behaviour T11)."""

import numpy as np
import pytest

from koebner.analysis.masking import FREE, Given, Hold, held_courses
from koebner.disease import healthy_state, load_model
from koebner.patients import Patient
from koebner.simulation import Triggers, simulate

pytestmark = pytest.mark.science

# Seven daily applications, as in the protocol of the model.
DAYS = 7
CREAM = Triggers.at([("Imiquimod", day / 7, 1.0) for day in range(DAYS)])


@pytest.fixture(scope="module")
def course() -> dict[str, np.ndarray]:
    names = ["sign_mean", "IL17A", "gd17", "Th17", "thickness_epidermis"]
    run = simulate(
        load_model("mouse_imiquimod"), Patient(pasi=20), weeks=9, every_days=1, triggers=CREAM, outputs=names
    )
    return {name: run[name].to_numpy()[0] for name in names}


def test_daily_imiquimod_inflames_within_a_week(course: dict[str, np.ndarray]) -> None:
    # Erythema, induration and scale of 0 to 4 each: from almost none to more than half of the plaque's.
    score = 3 * course["sign_mean"]
    assert score[0] < 0.3
    assert score[DAYS] > 4
    assert course["thickness_epidermis"][DAYS] > 1.5 * course["thickness_epidermis"][0]


def test_it_resolves_within_two_weeks_of_the_last_application(course: dict[str, np.ndarray]) -> None:
    score = 3 * course["sign_mean"]
    assert score[DAYS + 14] < 0.15 * score.max()
    assert score[-1] == pytest.approx(score[0], abs=0.1)


def test_healthy_skin_is_its_only_state() -> None:
    # Monostable: even from the inflamed skin, without imiquimod, it returns to health.
    model = load_model("mouse_imiquimod", start="lesion")
    rest = healthy_state(model)
    assert rest is not None
    assert rest.is_stable
    end = simulate(model, Patient(pasi=20), weeks=104, outputs=["KC", "mDC"])
    for name in ("KC", "mDC"):
        assert end[name].to_numpy()[0, -1] == pytest.approx(rest.values[name], rel=0.02)


@pytest.mark.parametrize(
    ("removed", "at_most"),
    [
        # El Malki 2013 and others in the rows of evidence: no dermatitis without IL-23 or the IL-17 receptor.
        (("IL23",), 0.2),
        (("IL17A", "IL17F"), 0.3),
        # Gamma-delta T cells and ILC3 are its main source of IL-17 (by the pack); in man they are minor.
        (("gd17",), 0.5),
        # Tortola 2012: without the receptor of IL-36 much less; here a fifth, as the pack's statement says.
        (("IL36",), 0.85),
    ],
)
def test_without_a_link_there_is_less_dermatitis(removed: tuple[str, ...], at_most: float) -> None:
    free, without = held_courses(
        load_model("mouse_imiquimod"),
        [FREE, Hold(states=removed, day=0, removed=True)],
        Patient(pasi=20).cohort(),
        days=np.arange(0.0, 15.0),
        outputs=["signs"],
        given=tuple(Given(day=float(day), target="Imiquimod", amount=1.0) for day in range(DAYS)),
    )[:, 0, :, 0]
    assert without.max() < at_most * free.max()
