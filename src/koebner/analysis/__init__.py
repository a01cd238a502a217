"""What one learns by changing the model itself: clamps, knock-outs, coverage, influence."""

from koebner.analysis.clamping import READ_OUTS, Scenario, clamp_effects, load_scenarios
from koebner.analysis.coverage import Covered, Element, coverage, load_elements
from koebner.analysis.knockout import knockout, removable
from koebner.analysis.masking import FREE, Given, Hold, held_courses, masked

__all__ = [
    "FREE",
    "READ_OUTS",
    "Covered",
    "Element",
    "Given",
    "Hold",
    "Scenario",
    "clamp_effects",
    "coverage",
    "held_courses",
    "knockout",
    "load_elements",
    "load_scenarios",
    "masked",
    "removable",
]
