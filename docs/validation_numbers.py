"""The part of a page of validation on the fitted numbers: what the figures say, and what stays prior."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from pathway_pages import escaped
from reference_pages import table

from koebner.calibration.protocol import load_protocol
from koebner.disease import load_pack
from koebner.plots.fisher_spectrum import fisher_spectrum
from koebner.populations.population import load_plausible

POPULATION = "moderate-to-severe"
_SILENT = "not informed"
# How the row of `ablation.csv` begins in which nothing is switched off.
_WHOLE = "none"
_SHARES = {
    "w_IL17": "share of IL-17 in the drive",
    "w_TNF": "share of TNF in the drive",
    "w_synergy": "share of IL-17 and TNF acting together",
    "w_basal": "share of the drive that is neither",
    "e_IL23": "share of effectors and memory that needs no IL-23",
    "f_IL17F": "share of IL-17F in IL-17",
}
_OTHER = {
    "f_TRM": "resident memory",
    "eta_clearance": "clearance of an antibody (a definition: standard deviations of its own)",
    "UVB_sensitivity": "sensitivity to UVB",
    "phagocytosis": "uptake of infused cells",
}


def numbers_section(folder: Path, figure_block: Callable[..., str]) -> list[str]:
    """Return the section, from the tables that the calibration wrote; nothing without them."""
    if not (folder / "numbers.csv").is_file():
        return []
    numbers = pd.read_csv(folder / "numbers.csv")
    return [
        "## What the figures say of the numbers\n",
        *_prior_and_posterior(numbers),
        *_spectrum(folder / "spectrum.csv", figure_block),
        *_pairs(folder / "pairs.csv"),
        *_ablation(folder / "ablation.csv"),
        "## What no figure informs\n",
        *_uninformed(numbers),
    ]


def _prior_and_posterior(numbers: pd.DataFrame) -> list[str]:
    rows = [
        (
            f"`{row['number']}`",
            escaped(_meaning(row)),
            _range(row["prior_centre"], row["prior_low"], row["prior_high"]),
            _range(row["central"], row["low"], row["high"]),
            f"{row['sd_ratio']:.2f}",
            row["says"],
        )
        for row in numbers.to_dict("records")
    ]
    informed = int(numbers["says"].str.startswith("informed by").sum())
    silent = int(numbers["says"].str.startswith(_SILENT).sum())
    between = len(numbers) - informed - silent
    return [
        f"Of {len(numbers)} free numbers the figures inform {informed}; in {between} the prior still "
        f"counts, and {silent} {'is' if silent == 1 else 'are'} the prior, unchanged. In brackets 5 to 95 "
        "%; *width* is the posterior's over the prior's.\n",
        table(("number", "meaning", "prior", "posterior", "width", "what the figures say"), rows),
    ]


def _range(middle: float, low: float, high: float) -> str:
    return f"{_digits(middle, 3)} ({_digits(low, 2)} to {_digits(high, 2)})"


def _digits(value: float, n: int) -> str:
    """Return a number with some digits, written out where `g` would take a power of ten."""
    return f"{float(f'{value:.{n}g}'):,g}" if value < 1e5 else f"{float(f'{value:.{n}g}'):,.0f}"


def _meaning(row: dict[str, object]) -> str:
    name, meaning = str(row["number"]), str(row["meaning"])
    drug = name.removeprefix("potency_")
    return meaning.replace("potency", f"potency of {drug}", 1) if drug != name else meaning


def _spectrum(path: Path, figure_block: Callable[..., str]) -> list[str]:
    if not path.is_file():
        return []
    found = pd.read_csv(path)
    central = found[found.columns[0]]
    above = int((central > 1).sum())
    told = (
        f"In the central fit {above} of {len(central)} combinations of the numbers are better known from "
        f"the figures than from the prior; the largest is {_digits(central.max() / central.min(), 2)} "
        "times the smallest."
    )
    block = figure_block(
        "fisher-spectrum",
        fisher_spectrum(found),
        alt=f"Eigenvalues of the Fisher information on a logarithmic axis. {told}",
        caption="Eigenvalues of the Fisher information of the figures, in units of the prior's: above "
        "the line at 1 "
        "the figures decide.",
    )
    return ["### How many combinations\n", block, f"{told}\n"]


def _pairs(path: Path) -> list[str]:
    if not path.is_file():
        return []
    rows = [
        (f"`{row.first}`", f"`{row.second}`", f"{row.correlation:+.2f}")
        for row in pd.read_csv(path).itertuples()
    ]
    return [
        "### What the figures cannot tell apart\n",
        "Pairs with the largest correlation in the posterior: one can rise with the other (or against "
        "it, where negative) and the figures hardly notice.\n",
        table(("first", "second", "correlation"), rows),
    ]


def _ablation(path: Path) -> list[str]:
    if not path.is_file():
        return []
    found = pd.read_csv(path)
    rows = [
        (escaped(str(row["block"])), f"{row['cost']:.1f}", f"{row['error']:.1f}")
        for row in found.to_dict("records")
    ]
    return [
        "### What each block is worth\n",
        "A block is switched off and the rest fitted again, from the central fit. The error is that of "
        "PASI75 and PASI90 of the drugs and trials that the protocol holds out. A block whose removal costs "
        "nothing is not shown to be needed by these data.\n",
        table(("switched off", "cost of figures and priors", "held-out error [points]"), rows),
        *_worth(found),
    ]


def _worth(found: pd.DataFrame) -> list[str]:
    """Return a sentence on the blocks without which the held-out error is larger, and on the others."""
    errors = {str(row["block"]): round(row["error"], 1) for row in found.to_dict("records")}
    whole = next((error for block, error in errors.items() if block.startswith(_WHOLE)), None)
    if whole is None or len(errors) == 1:
        return []
    changes = {block: error - whole for block, error in errors.items() if not block.startswith(_WHOLE)}
    worse = _listed({block: change for block, change in changes.items() if change > 0})
    equal = _listed({block: change for block, change in changes.items() if change <= 0})
    told = [
        f"The held-out error is larger without {worse}." if worse else "No block lowers the held-out error."
    ]
    if worse and equal:
        told.append(f"It is not without {equal}: held-out rows do not show that these are needed.")
    return [" ".join(told) + "\n"]


def _listed(changes: Mapping[str, float]) -> str:
    """Return blocks with by how many points the error changes, the largest first."""
    ordered = sorted(changes.items(), key=lambda each: -each[1])
    return ", ".join(f"{escaped(block)} ({change:+.1f})" for block, change in ordered)


def _uninformed(numbers: pd.DataFrame) -> list[str]:
    freed = {name for free in load_protocol().free for name in free.sets}
    fixed = [
        each
        for each in load_plausible(POPULATION).entry.deviations
        if f"sd of {each.parameter}" not in freed and each.sd > 0
    ]
    meanings = {row.id: row.meaning for row in load_pack()}
    rows = [
        (
            f"`{each.parameter}`",
            escaped(
                _SHARES.get(each.parameter) or _OTHER.get(each.parameter) or meanings.get(each.parameter, "")
            ),
            f"{each.sd:g} ({each.scale})",
            escaped(each.source),
        )
        for each in fixed
    ]
    silent = numbers[numbers["says"].str.startswith(_SILENT)]
    listed = ", ".join(f"`{row['number']}` ({_meaning(row)})" for row in silent.to_dict("records"))
    return [
        f"**Numbers.** Not informed: {listed or 'none'}. Every number of the disease that is not in the "
        "table above was not free: it stayed at its value in the pack, and the fit says nothing of it.\n",
        "**Endotypes.** How much of a patient's plaque hangs on IL-17, on TNF or on IL-23 was not "
        "fitted. A trial gives one rate for all its patients, and many mixtures of patients give that "
        "rate. That some plausible patients answer to one class and not to another is put in by the "
        "widths below, not learned; how common such patients are, and who they are, this model does not "
        "know.\n",
        "**Widths that were not free at all:**\n",
        table(("how patients differ in", "what it is", "standard deviation (scale)", "rests on"), rows),
    ]
