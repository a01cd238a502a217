"""One self-contained HTML page about a trial, for a dermatologist to read without a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from koebner.plots import kaplan_meier, pasi_over_time, responders, waterfall
from koebner.reports import wording
from koebner.reports.basis import arm_basis, describe_prior_check
from koebner.trials import ENDPOINTS, Outcome, ResponderEndpoint

_TEMPLATE = "trial.html"


@dataclass(frozen=True, kw_only=True)
class _Figure:
    title: str
    caption: str
    html: Markup


def trial_report(outcome: Outcome, provenance: Mapping[str, Any]) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    outcome
        The outcome of a trial.
    provenance
        When, where and with what it was computed: printed at the end of the page as it is.
    """
    record = outcome.record
    relapse = outcome.relapse()
    environment = Environment(
        loader=PackageLoader("koebner.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(_TEMPLATE).render(
        record=record,
        exploratory=wording.exploratory(record),
        findings=wording.findings(outcome),
        arms=[arm_basis(arm) for arm in record.arms],
        prior_check=describe_prior_check(outcome.evidence),
        must_not=wording.must_not(record),
        design=wording.design(record),
        responses=wording.response_rows(outcome.summary()),
        means=wording.mean_rows(outcome.mean_summary()),
        mean_rule=wording.MEAN_RULE,
        missing_rule=outcome.missing_rule,
        intervals=wording.intervals(record),
        relapse=wording.relapse_rows(relapse),
        relapse_note=wording.relapse_note(relapse),
        failures=wording.failures(outcome),
        figures=_figures(outcome),
        provenance=wording.provenance(record, provenance),
        plotly_js=Markup(get_plotlyjs()),  # Plotly's own code, inlined once so that the page works offline
    )


def write_trial_report(outcome: Outcome, path: Path, provenance: Mapping[str, Any]) -> Path:
    """Write the report and return its path."""
    path.write_text(trial_report(outcome, provenance), encoding="utf-8")
    return path


def _figures(outcome: Outcome) -> list[_Figure]:
    rates = [name for name in outcome.record.endpoints if isinstance(ENDPOINTS[name], ResponderEndpoint)]
    week = outcome.summary_weeks[0]
    return [
        _Figure(
            title="PASI over time",
            caption="Thick: mean of the patients seen at each visit. Shaded: 10 to 90 % of patients. "
            "Thin: up to 60 single patients. PASI as recorded, with the noise of an assessor.",
            html=_html(pasi_over_time(outcome), "pasi-over-time"),
        ),
        *(
            _Figure(
                title=f"{name} responders",
                caption=f"Patients with {ENDPOINTS[name].meaning}. Shaded: Wilson 95 % interval. "
                f"{outcome.missing_rule}",
                html=_html(responders(outcome, name), f"responders-{number}"),
            )
            for number, name in enumerate(rates)
        ),
        _Figure(
            title=f"Every patient at week {week:g}",
            caption="One bar a patient: change of PASI from baseline, worst on the left. "
            "Dotted: 50, 75 and 90 % improvement.",
            html=_html(waterfall(outcome, week), "waterfall"),
        ),
        _Figure(
            title="Loss of response after the last dose",
            caption="Kaplan-Meier estimate in responders, shaded: pointwise 95 % interval. "
            f"{wording.relapse_note(outcome.relapse())}",
            html=_html(kaplan_meier(outcome), "kaplan-meier"),
        ),
    ]


def _html(figure: go.Figure, div_id: str) -> Markup:
    """Return a figure as a fragment; its text is escaped by Plotly, its id is fixed."""
    config = {"displayModeBar": False, "responsive": True}
    return Markup(to_html(figure, include_plotlyjs=False, full_html=False, div_id=div_id, config=config))
