"""Published models in SBML, against the reference values that lie beside them."""

import json
from typing import Any

import numpy as np
import pytest
from tests.shared_data import shared

from koebner.kinetics import read_sbml
from koebner.solver import METHODS, Status, integrate

pytestmark = pytest.mark.parametrize("method", METHODS)

ROY = "roy2019/MODEL1911070001.xml"


def reference(name: str) -> dict[str, Any]:
    rows = json.loads(shared("data/sbml-models/reference_values.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = next(row for row in rows if row["id"] == name)
    return found


def test_roy_grows_without_bound_and_is_reported(method: str, capfd: pytest.CaptureFixture[str]) -> None:
    end = reference("roy_blowup")["expected"]["t_blow"]
    solution = integrate(read_sbml(shared(f"data/sbml-models/{ROY}")), times=[0, 0.5, 1, 100], method=method)
    assert solution.status[0] == Status.DIVERGED
    assert float(solution.reasons[0].split("time ")[1].split(":")[0]) == pytest.approx(end, abs=1e-4)
    assert np.isnan(solution.values).all()
    assert capfd.readouterr() == ("", "")


def test_roy_before_it_grows_without_bound(method: str) -> None:
    model = read_sbml(shared(f"data/sbml-models/{ROY}"))
    solution = integrate(model, times=[0.83], outputs=["T_2"], rtol=1e-9, method=method)
    # "T_2(0.83)=5.30e5" in the check of `roy_blowup`.
    assert solution.values[0, 0, 0] == pytest.approx(5.30e5, rel=2e-3)


@pytest.mark.parametrize("path", ["baker2013/BIOMD0000000549.xml", "carbo2013/BIOMD0000000451.xml"])
def test_an_independent_simulator_agrees(method: str, path: str) -> None:
    roadrunner = pytest.importorskip("roadrunner")
    file = shared(f"data/sbml-models/{path}")
    model = read_sbml(file)
    runner = roadrunner.RoadRunner(str(file))
    integrator = runner.getIntegrator()
    integrator.relative_tolerance, integrator.absolute_tolerance = 1e-9, 1e-11
    runner.timeCourseSelections = list(model.states)
    theirs = np.asarray(runner.simulate(0, 20, 11))
    ours = integrate(
        model, times=np.linspace(0, 20, 11), outputs=model.states, rtol=1e-10, atol=1e-13, method=method
    )
    scale = np.abs(theirs).max(axis=0) + 1e-9
    np.testing.assert_allclose(ours.values[0] / scale, theirs / scale, rtol=0, atol=1e-6)
