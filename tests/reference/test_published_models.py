"""Published models in SBML, against the reference values that lie beside them."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import root
from tests.shared_data import shared

from koebner.kinetics import Model, NamedMapping, read_sbml
from koebner.solver import METHODS, Doses, Status, integrate
from koebner.solver.machine_code.compile import CompiledModel, compile_model

by_method = pytest.mark.parametrize("method", METHODS)

ROY = "roy2019/MODEL1911070001.xml"
SHMAROV = "shmarov2022/psor_v8_4.xml"
DWIVEDI = "dwivedi2014/BIOMD0000000535.xml"


def reference(name: str) -> dict[str, Any]:
    rows = json.loads(shared("data/sbml-models/reference_values.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = next(row for row in rows if row["id"] == name)
    return found


@by_method
def test_roy_grows_without_bound_and_is_reported(method: str, capfd: pytest.CaptureFixture[str]) -> None:
    end = reference("roy_blowup")["expected"]["t_blow"]
    solution = integrate(read_sbml(shared(f"data/sbml-models/{ROY}")), times=[0, 0.5, 1, 100], method=method)
    assert solution.status[0] == Status.DIVERGED
    assert float(solution.reasons[0].split("time ")[1].split(":")[0]) == pytest.approx(end, abs=1e-4)
    assert np.isnan(solution.values).all()
    assert capfd.readouterr() == ("", "")


@by_method
def test_roy_before_it_grows_without_bound(method: str) -> None:
    model = read_sbml(shared(f"data/sbml-models/{ROY}"))
    solution = integrate(model, times=[0.83], outputs=["T_2"], rtol=1e-9, method=method)
    # "T_2(0.83)=5.30e5" in the check of `roy_blowup`.
    assert solution.values[0, 0, 0] == pytest.approx(5.30e5, rel=2e-3)


@by_method
@pytest.mark.parametrize(
    "path",
    [
        "baker2013/BIOMD0000000549.xml",
        "carbo2013/BIOMD0000000451.xml",
        "carbo2013/BIOMD0000000480.xml",
        "felixgarza2017/BIOMD0000000695.xml",
    ],
)
def test_an_independent_simulator_agrees(path: str, method: str) -> None:
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
    # A millionth of 1e-5 is their absolute tolerance.
    scale = np.abs(theirs).max(axis=0) + 1e-5
    np.testing.assert_allclose(ours.values[0] / scale, theirs / scale, rtol=0, atol=1e-6)


def shmarov() -> tuple[Model, dict[str, str]]:
    """Return the model, and its ids by the names that its authors gave."""
    model = read_sbml(shared(f"data/sbml-models/{SHMAROV}"))
    components = (*model.species.values(), *model.parameters.values())
    return model, {component.meaning: component.id for component in components}


def without_events(model: Model) -> Model:
    return replace(model, events=NamedMapping("event", {}))


def constants(model: Model, code: CompiledModel) -> NDArray[np.float64]:
    """Return the constants of a model, with what depends on them behind."""
    start = integrate(model, times=[0], outputs=code.layout.constants).values[0, 0]
    p = np.concatenate([start, np.zeros(code.n_hoisted)])
    code.hoist(p)
    return p


def pulses(target: str, heights: list[float], days: float) -> Doses:
    """Return doses that set a parameter from time 0 on, and back to 0 after some days."""
    n_patients = len(heights)
    return Doses(
        patient=np.repeat(np.arange(n_patients), 2),
        time=np.tile([0.0, days], n_patients),
        target=target,
        amount=np.stack([heights, np.zeros(n_patients)], axis=1).ravel(),
        kind="set",
    )


@by_method
def test_shmarov_by_its_own_events(method: str) -> None:
    # 52 events of the file: an immune stimulus from day 150 to 154, 25 exposures to UVB from day 300 on.
    model, ids = shmarov()
    assert len(model.events) == 52
    expected = reference("shmarov_default_events")["expected"]
    days = [float(day) for day in expected]
    solution = integrate(model, times=days, outputs=[ids["PASI"]], method=method)
    np.testing.assert_allclose(solution.values[0, :, 0], [*expected.values()], atol=0.002)


@by_method
def test_shmarov_has_a_healthy_and_a_lesional_state(method: str) -> None:
    model, ids = shmarov()
    expected = reference("shmarov_fixed_points")["expected"]
    solution = integrate(
        without_events(model),
        times=[4000],
        n_patients=2,
        doses=pulses(ids["dc_stim"], [0.0, 3000.0], days=4),
        method=method,
    )
    for patient, name in enumerate(("healthy", "lesional")):
        reached = {state: solution.column(ids[state])[patient, 0] for state in expected[name]}
        assert reached == pytest.approx(expected[name], rel=0.002)
    assert solution.column(ids["GF"])[:, 0] == pytest.approx(np.array(expected["GF"])[[0, 2]], rel=0.002)


def test_shmarov_has_three_fixed_points() -> None:
    model, ids = shmarov()
    model = without_events(model)
    expected = reference("shmarov_fixed_points")["expected"]["GF"]
    ends = integrate(
        model,
        times=[4000],
        n_patients=2,
        outputs=model.states,
        doses=pulses(ids["dc_stim"], [0.0, 3000.0], days=4),
        method="reference",
    ).values[:, 0]
    code = compile_model(model)
    p = constants(model, code)
    # Newton's method from the two stable states and from a tenth of the way between them.
    for start, gf in zip((ends[0], 0.9 * ends[0] + 0.1 * ends[1], ends[1]), expected, strict=True):
        found = root(lambda y: code.rates(0.0, y, p), start, jac=lambda y: code.jacobian(0.0, y, p).T)
        assert found.success
        assert found.x[model.states.index(ids["GF"])] == pytest.approx(gf, rel=0.002)


@by_method
def test_shmarov_needs_a_stimulus_above_a_threshold(method: str) -> None:
    model, ids = shmarov()
    # Half a percent below and above the least pulse of four days that leads to a plaque.
    threshold = reference("shmarov_threshold")["expected"]["dc_stim"]
    solution = integrate(
        without_events(model),
        times=[4000],
        n_patients=2,
        doses=pulses(ids["dc_stim"], [0.995 * threshold, 1.005 * threshold], days=4),
        outputs=[ids["PASI"]],
        rtol=1e-8,
        method=method,
    )
    np.testing.assert_allclose(solution.values[:, 0, 0], [0, 1], atol=0.001)


@by_method
def test_shmarov_forgets_its_plaque_under_treatment(method: str) -> None:
    model, ids = shmarov()
    model = without_events(model)
    production = ids["il232"]
    usual = model.parameters[production].value
    assert usual is not None
    lesional = integrate(
        model,
        times=[4000],
        doses=pulses(ids["dc_stim"], [3000.0], days=4),
        outputs=model.states,
        method=method,
    )
    # Production of IL-23 down by 20 % for 16 weeks, then four years without treatment.
    solution = integrate(
        model,
        times=[4 * 7, 16 * 7, 16 * 7 + 4 * 365],
        parameters={production: 0.8 * usual},
        initial=dict(zip(model.states, lesional.values[0, 0], strict=True)),
        doses=Doses(patient=[0], time=[16.0 * 7], target=production, amount=[usual], kind="set"),
        outputs=[ids["PASI"]],
        method=method,
    )
    expected = reference("shmarov_no_memory")["expected"]
    np.testing.assert_allclose(solution.values[0, :, 0], [*expected.values()], atol=0.02)


@by_method
def test_felix_garza_total_cells(method: str) -> None:
    model = read_sbml(shared("data/sbml-models/felixgarza2017/BIOMD0000000695.xml"))
    expected = reference("felixgarza_total")["expected"]
    days = [float(day) for day in expected]
    solution = integrate(model, times=days, outputs=model.states, method=method)
    assert len(model.states) == 12
    np.testing.assert_allclose(solution.values[0].sum(axis=1), [*expected.values()], rtol=1e-4)


@by_method
def test_dwivedi_is_stiff_and_stays_finite(method: str) -> None:
    model = read_sbml(shared(f"data/sbml-models/{DWIVEDI}"))
    times = np.linspace(0, 100, 21)
    solution = integrate(model, times=times, outputs=model.states, method=method)
    tight = integrate(model, times=times, outputs=model.states, rtol=1e-9, atol=1e-12, method="reference")
    assert Status(solution.status[0]).succeeded
    scale = np.abs(tight.values).max(axis=1, keepdims=True) + 1e-6
    np.testing.assert_allclose(solution.values / scale, tight.values / scale, rtol=0, atol=1e-4)


def test_dwivedis_stiffness() -> None:
    model = read_sbml(shared(f"data/sbml-models/{DWIVEDI}"))
    end = integrate(model, times=[100], outputs=model.states).values[0, 0]
    code = compile_model(model)
    p = constants(model, code)
    speeds = np.abs(np.linalg.eigvals(code.jacobian(100.0, end, p).T).real)
    moving = speeds[speeds > 1e-9]
    # "stiffness ~1.7e8" in the check of `dwivedi_stiff`: the fastest rate over the slowest that is not 0.
    assert moving.max() / moving.min() == pytest.approx(1.7e8, rel=0.05)
