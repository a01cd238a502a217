"""Draws the figures of the README: `python docs/make_figures.py runs/uc_msc_vs_placebo`, a finished run.

Needs the extra `docs` and a Chromium (`scripts/install_browser.sh`).
"""

import argparse
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.disease import load_model
from koebner.patients import Patient
from koebner.plots import pasi_over_time, responders, skin_sections
from koebner.plots.style import styled
from koebner.simulation import simulate
from koebner.therapies import load
from koebner.trials import Outcome, read_outcome

FIGURES = Path(__file__).resolve().parent / "figures"


def draw(outcome: Outcome) -> go.Figure:
    """Return the PASI of each arm and the PASI50 responders of all arms side by side."""
    arms = outcome.record.labels
    courses, rates = pasi_over_time(outcome), responders(outcome, "PASI50")
    titles = [*(f"{arm}: PASI" for arm in arms), "PASI50 responders [%]"]
    figure = make_subplots(rows=1, cols=len(arms) + 1, subplot_titles=titles, horizontal_spacing=0.05)
    for trace in courses.data:
        figure.add_trace(trace.update(showlegend=False), row=1, col=int((trace.xaxis or "x")[1:] or 1))
    for trace in rates.data:
        figure.add_trace(trace, row=1, col=len(arms) + 1)
    styled(figure, x="Weeks since first dose", y="", weeks=outcome.record.visits[-1])
    figure.update_xaxes(dtick=12)
    figure.update_yaxes(range=[0, 72])
    figure.update_yaxes(range=[0, 100], col=len(arms) + 1)
    legend = {"orientation": "v", "x": 1, "y": 1, "xanchor": "right", "yanchor": "top"}
    return figure.update_layout(legend=legend, margin={"l": 40, "r": 15, "t": 40, "b": 60})


def draw_skin() -> go.Figure:
    """Return the skin of the typical patient before, and 4 and 16 weeks into, secukinumab."""
    course = simulate(load_model(), Patient(pasi=20), load("secukinumab"), weeks=16)
    return skin_sections(course, weeks=[0, 4, 16])


def main() -> None:
    """Read the run, draw the figures and say where they lie."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("run", type=Path, help="folder of a finished run")
    run = parser.parse_args().run
    FIGURES.mkdir(exist_ok=True)
    skin = draw_skin()
    for name, figure, width, height, scale in (
        (run.name, draw(read_outcome(run)), 1000, 360, 1.5),
        ("skin_sections", skin, skin.layout.width, skin.layout.height, 1.0),
    ):
        path = FIGURES / f"{name}.png"
        figure.write_image(path, width=width, height=height, scale=scale)
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    main()
