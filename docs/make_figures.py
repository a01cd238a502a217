"""Draws the figure of the README from a finished run: `python docs/make_figures.py runs/uc_msc_vs_placebo`.

Needs the extra `docs` and a Chromium (`scripts/install_browser.sh`).
"""

import argparse
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.plots import pasi_over_time, responders
from koebner.plots.style import styled
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


def main() -> None:
    """Read the run, draw it and say where the figure lies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("run", type=Path, help="folder of a finished run")
    run = parser.parse_args().run
    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / f"{run.name}.png"
    draw(read_outcome(run)).write_image(path, width=1000, height=360, scale=1.5)
    print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    main()
