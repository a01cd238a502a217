"""What the model reads is what the fit for use found: pack, populations, catalogue and ensemble agree."""

from koebner.disease import load_pack
from koebner.fits import FITTED, WIDTH, adopted, load_ensemble, potencies, potency_name
from koebner.populations import load_population
from koebner.therapies.entries import available, entry

CENTRAL = load_ensemble("shipped").central
POTENCIES = potencies(CENTRAL)
RENEW = "run `make adopt manifest`"


def test_the_pack_holds_the_central_set_and_calls_nothing_else_fitted() -> None:
    rows = {row.id: row for row in load_pack()}
    of_disease = {name for name in CENTRAL if name in rows}
    assert {name for name, row in rows.items() if row.source == FITTED} == of_disease, RENEW
    for name in of_disease:
        assert rows[name].value == adopted(CENTRAL[name]), f"{name}: {RENEW}"
        assert not rows[name].drawn, name


def test_the_catalogue_holds_the_potencies() -> None:
    fitted = set(POTENCIES)
    calibrated = {
        name for name in available() for key in entry(name).numbers.values() if key.source == FITTED
    }
    assert calibrated == fitted, RENEW
    for name in fitted:
        potency = entry(name).numbers["IC50"]
        assert potency.value == adopted(POTENCIES[name]), f"{name}: {RENEW}"
        assert not potency.prior, name
        assert entry(name).calibration == "fitted"
        assert entry(name).studies, name


def test_patients_differ_as_widely_as_in_the_fit() -> None:
    widths = {each.parameter: each.sd for each in load_population().entry.deviations}
    fitted = [name for name in CENTRAL if name.startswith(WIDTH)]
    assert fitted
    for name in fitted:
        assert widths[name.removeprefix(WIDTH)] == adopted(CENTRAL[name]), RENEW


def test_every_number_of_the_fit_is_read_somewhere() -> None:
    known = {row.id for row in load_pack()} | {potency_name(name) for name in available()}
    known |= {f"{WIDTH}{each.parameter}" for each in load_population().entry.deviations}
    assert set(CENTRAL) <= known
