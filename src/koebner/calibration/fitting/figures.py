"""Which published figures a fit meets: those of the protocol, or all that are open."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from koebner.calibration.fitting.stopping import StoppingTarget, fitted_withdrawals, stopping_target
from koebner.calibration.fitting.targets import ResponseTarget, anchor_targets, fitted_targets, target_of
from koebner.calibration.protocol import Protocol
from koebner.calibration.withdrawal.studies import load_withdrawal_figures
from koebner.evidence import load_trials

Data = Literal["protocol", "open"]

DATA: Mapping[Data, str] = MappingProxyType(
    {
        "protocol": "the arms that the protocol names; all others are held out",
        "open": "all open arms: for use, and never judged on them",
    }
)
# Before it responses build up, after it trials choose who goes on.
_FIRST_WEEK, _LAST_WEEK = 2.0, 60.0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a fit meets.

    Attributes
    ----------
    responses, withdrawals
        Of the common fit.
    anchors
        By drug, the rows that set its potency afterwards.
    """

    responses: tuple[ResponseTarget, ...]
    withdrawals: tuple[StoppingTarget, ...]
    anchors: Mapping[str, tuple[ResponseTarget, ...]]

    @property
    def rates(self) -> tuple[ResponseTarget, ...]:
        """Every responder rate that is met, those of the anchors last."""
        return (*self.responses, *(target for each in self.anchors.values() for target in each))

    def without(self, studies: Collection[str]) -> "Figures":
        """Return the figures of all other studies; a drug that they alone inform has no anchor left."""
        anchors = {drug: _elsewhere(targets, studies) for drug, targets in self.anchors.items()}
        return Figures(
            responses=_elsewhere(self.responses, studies),
            withdrawals=tuple(
                each for each in self.withdrawals if each.study.id.split("/")[0] not in studies
            ),
            anchors=MappingProxyType({drug: targets for drug, targets in anchors.items() if targets}),
        )


def figures_of(protocol: Protocol, data: Data) -> Figures:
    """Return the published figures of a fit."""
    return _of_protocol(protocol) if data == "protocol" else _open(protocol)


def fitted_drugs(protocol: Protocol) -> tuple[str, ...]:
    """Return the drugs whose potency is found in the common fit, each the first of its number.

    Examples
    --------
    >>> from koebner.calibration.protocol import load_protocol
    >>> fitted_drugs(load_protocol())
    ('secukinumab', 'guselkumab', 'ustekinumab', 'adalimumab', 'etanercept')
    """
    return tuple(free.sets[0].split(".")[0] for free in protocol.free if "." in free.sets[0])


def _of_protocol(protocol: Protocol) -> Figures:
    return Figures(
        responses=fitted_targets(protocol),
        withdrawals=fitted_withdrawals(protocol),
        anchors=MappingProxyType(
            {each.therapy: anchor_targets(each, protocol.likelihood) for each in protocol.anchored}
        ),
    )


def _open(protocol: Protocol) -> Figures:
    found = [
        target
        for row in load_trials()
        if row.level != "memory"
        and (target := target_of(row, n_unknown=protocol.likelihood.n_unknown)) is not None
        and _FIRST_WEEK <= target.week <= _LAST_WEEK
    ]
    common = fitted_drugs(protocol)
    named = {each.therapy for each in protocol.anchored} | {e.therapy for e in protocol.anchored_for_use}
    anchored = sorted({*named, *_carried(protocol)})
    stopped = [
        stopping_target(figure, protocol)
        for figure in load_withdrawal_figures().values()
        if figure.study.therapy in common
    ]
    far = _far_doses(protocol, found)
    anchors = {
        name: tuple(target for target in found if target.therapy == name and target.id not in far)
        for name in anchored
    }
    return Figures(
        responses=tuple(target for target in found if target.therapy in (*common, "placebo")),
        withdrawals=tuple(stopped),
        anchors=MappingProxyType({name: targets for name, targets in anchors.items() if targets}),
    )


def _far_doses(protocol: Protocol, targets: Iterable[ResponseTarget]) -> frozenset[str]:
    """Return rows of anchor studies at doses that the protocol leaves out as too far from those of use."""
    used = {(each.therapy, each.study): each.arms for each in protocol.anchored}
    return frozenset(
        target.id
        for target in targets
        if (arms := used.get((target.therapy, target.study))) is not None and target.arm not in arms
    )


def _carried(protocol: Protocol) -> tuple[str, ...]:
    """Return the drugs that take the potency of another in the common fit."""
    return tuple(
        name.split(".")[0] for free in protocol.free if "." in free.sets[0] for name in free.sets[1:]
    )


def _elsewhere(targets: Iterable[ResponseTarget], studies: Collection[str]) -> tuple[ResponseTarget, ...]:
    return tuple(target for target in targets if target.study not in studies)
