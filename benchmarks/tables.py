"""What the harness prints of its curves, in Markdown."""

from collections.abc import Sequence

import numpy as np
from work_precision import TARGETS, Curve


def print_curves(curves: Sequence[Curve]) -> None:
    """Print rate and error of every method at every tolerance that it was run with."""
    print("\nPatient-years per second of one core (largest error):\n")
    _print_row("rtol", *(curve.method.name for curve in curves))
    _print_row(*["---"] * (len(curves) + 1))
    for rtol in sorted({point.rtol for curve in curves for point in curve.points}, reverse=True):
        texts = (
            [f"{point.rate:.0f} ({point.error:.1e})" for point in curve.points if point.rtol == rtol]
            for curve in curves
        )
        _print_row(f"{rtol:g}", *(text[0] if text else "" for text in texts))


def print_ratios(own: Sequence[Curve], peers: Sequence[Curve]) -> None:
    """Print rates at equal error, and how many times faster our methods are than each peer."""
    print("\nPatient-years per second of one core at equal error, and ratios:\n")
    _print_row("", *(f"error {target:g}" for target in TARGETS))
    _print_row(*["---"] * (len(TARGETS) + 1))
    for curve in (*own, *peers):
        _print_row(curve.method.name, *(f"{curve.rate_at(target):.0f}" for target in TARGETS))
    rates = np.array([[curve.rate_at(target) for target in TARGETS] for curve in own])
    for peer in peers:
        ratios = rates / [peer.rate_at(target) for target in TARGETS]
        for curve, row in zip(own, ratios, strict=True):
            _print_row(f"{curve.method.name} / {peer.method.name}", *(f"**{ratio:.1f}**" for ratio in row))
    print()
    for peer in peers:
        least = (rates.max(axis=0) / [peer.rate_at(target) for target in TARGETS]).min()
        text = f"the faster of our methods / {peer.method.name}: at least {least:.1f}"
        print_mark(text, f"{peer.method.mark:g}", met=least >= peer.method.mark)


def print_mark(what: str, mark: str, *, met: bool) -> None:
    print(f"{what} (mark {mark}: {'met' if met else 'MISSED'})")


def _print_row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)
