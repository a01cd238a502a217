"""The correction of a fit for use: how far a difference carries, and what is written is what is read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from koebner.calibration.fitting.discrepancy import (
    Difference,
    Discrepancy,
    Kernel,
    Place,
    fitted_kernel,
    load_discrepancy,
    read_discrepancy,
    write_discrepancy,
)
from koebner.errors import InvalidValueError, UnknownNameError

KERNEL = Kernel(drug=0.3, course=0.4, trial=0.5, weeks=20.0, endpoint=0.8)
HERE = Place(therapy="adalimumab", doses=((0.0, 80.0), (1.0, 40.0)), study="a", week=16.0, endpoint="PASI75")
NEW = replace(HERE, study="")
# Drug .09, course .16 and trial .25 make .50 of a difference; what is shared is .25 of it.
SHARED, WHOLE = 0.25, 0.50


def difference(value: float = 1.0, sampling: float = 0.0, **changed: object) -> Difference:
    return Difference(place=replace(HERE, **changed), difference=value, sampling=sampling)  # type: ignore[arg-type]


def mean(place: Place, *differences: Difference) -> float:
    return Discrepancy(differences, KERNEL).at(place).mean


def test_an_arm_alike_is_pulled_by_what_trials_share_and_another_drug_is_not() -> None:
    found = Discrepancy([difference()], KERNEL).at(NEW)
    assert found.mean == pytest.approx(SHARED / WHOLE, abs=1e-4)
    # Of a normal with variance .25 of which .25^2 / .50 is explained.
    assert found.sd == pytest.approx(np.sqrt(SHARED - SHARED**2 / WHOLE), abs=1e-4)
    other = Discrepancy([difference()], KERNEL).at(replace(NEW, therapy="infliximab"))
    assert other.mean == 0.0
    assert other.sd == pytest.approx(np.sqrt(SHARED))


def test_a_small_trial_says_less() -> None:
    assert mean(NEW, difference(sampling=0.5)) == pytest.approx(SHARED / (WHOLE + 0.5), abs=1e-4)


@pytest.mark.parametrize(
    ("changed", "share"),
    [
        ({"doses": ((0.0, 40.0),)}, 0.09 / 0.25),  # other doses: what the drug shares is left
        ({"doses": ((0.0, 80.0), (1.0, 40.0), (16.0, 40.0))}, 1.0),  # a dose at the visit came after it
        ({"week": 26.0}, np.exp(-10 / 20)),
        ({"endpoint": "PASI100"}, 0.8**2),  # two endpoints away
    ],
)
def test_likeness_falls_with_doses_weeks_and_endpoints(changed: dict[str, object], share: float) -> None:
    place = replace(NEW, **changed)  # type: ignore[arg-type]
    assert mean(place, difference()) == pytest.approx(share * SHARED / WHOLE, abs=1e-4)


def test_doses_after_the_earlier_visit_do_not_matter() -> None:
    later = replace(NEW, week=52.0, doses=(*HERE.doses, (20.0, 80.0)))
    assert mean(later, difference()) == pytest.approx(np.exp(-36 / 20) * SHARED / WHOLE, abs=1e-4)


def test_what_several_trials_saw_carries_further_than_what_one_did() -> None:
    one = mean(NEW, *(difference() for _ in range(3)))
    several = mean(NEW, difference(), difference(study="b"), difference(study="c"))
    assert one == pytest.approx(SHARED / WHOLE, abs=1e-3)  # three times the same visit is still one trial
    # Three trials: .25 x 3 over .25 x 3 + .25.
    assert several == pytest.approx(0.75, abs=1e-3)


def test_without_a_trial_nothing_of_it_is_left() -> None:
    both = Discrepancy([difference(2.0), difference(-1.0, study="b")], KERNEL)
    assert both.studies == {"a", "b"}
    left = both.without("a")
    assert left.studies == {"b"}
    assert left.at(NEW).mean == pytest.approx(-SHARED / WHOLE, abs=1e-4)
    assert both.without("a").without("b").at(NEW) == Discrepancy([], KERNEL).at(NEW)
    assert Discrepancy([], KERNEL).at(NEW).mean == 0.0


def test_the_kernel_that_made_differences_is_found_again() -> None:
    # 8 drugs of 2 courses and 3 trials each, at 2 weeks and 2 endpoints, drawn from KERNEL by its definition:
    # sums of independent normals at each level, those of weeks and endpoints by the Cholesky factor of
    # exp(-8 / 20) between weeks 8 apart and .8 between endpoints.
    random = np.random.default_rng(4)
    near = np.kron([[1.0, np.exp(-8 / 20)], [np.exp(-8 / 20), 1.0]], [[1.0, 0.8], [0.8, 1.0]])
    factor = np.linalg.cholesky(near)
    visits = [(week, endpoint) for week in (8.0, 16.0) for endpoint in ("PASI75", "PASI90")]

    def effect(sd: float) -> np.ndarray:
        return np.asarray(sd * factor @ random.standard_normal(4))

    made = []
    for drug in range(8):
        of_drug = effect(KERNEL.drug)
        for dose in (40.0, 80.0):
            of_course = of_drug + effect(KERNEL.course)
            for trial in range(3):
                values = of_course + effect(KERNEL.trial) + 0.1 * random.standard_normal(4)
                made += [
                    difference(
                        float(value),
                        0.01,
                        therapy=f"drug {drug}",
                        doses=((0.0, dose),),
                        study=f"{drug} {dose} {trial}",
                        week=week,
                        endpoint=endpoint,
                    )
                    for value, (week, endpoint) in zip(values, visits, strict=True)
                ]
    found = fitted_kernel(made)
    assert found.trial == pytest.approx(KERNEL.trial, rel=0.25)
    assert np.hypot(found.drug, found.course) == pytest.approx(0.5, rel=0.35)  # sqrt(.09 + .16)
    assert found.weeks == pytest.approx(KERNEL.weeks, rel=0.5)
    assert found.endpoint == pytest.approx(KERNEL.endpoint, abs=0.1)


def test_a_kernel_needs_differences() -> None:
    with pytest.raises(InvalidValueError, match="no difference"):
        fitted_kernel([])


def test_an_unknown_endpoint_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="PASI75"):
        replace(HERE, endpoint="IGA01")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    made = Discrepancy([difference(1 / 3, 0.1), difference(-2.0, study="b", doses=())], KERNEL)
    write_discrepancy(tmp_path / "one.json", made)
    found = read_discrepancy(tmp_path / "one.json")
    assert found.kernel == KERNEL
    assert [each.place for each in found.differences] == [each.place for each in made.differences]
    assert [each.difference for each in found.differences] == [0.333333, -2.0]  # six digits
    write_discrepancy(tmp_path / "again.json", found)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "one.json").read_bytes()


@pytest.mark.parametrize("text", ["", "{}", '{"kernel": {"drug": 1}, "differences": []}', None])
def test_a_file_that_is_no_discrepancy_is_refused(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "discrepancy.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidValueError, match="discrepancy"):
        read_discrepancy(path)


def test_a_file_with_an_unknown_endpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "discrepancy.json"
    write_discrepancy(path, Discrepancy([difference()], KERNEL))
    path.write_text(path.read_text(encoding="utf-8").replace("PASI75", "IGA01"), encoding="utf-8")
    with pytest.raises(InvalidValueError, match="koebner calibrate"):
        read_discrepancy(path)


def test_the_fit_of_the_protocol_has_none() -> None:
    assert load_discrepancy("protocol") is None
