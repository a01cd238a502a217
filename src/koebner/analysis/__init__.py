"""What one learns by changing the model itself: clamps, knock-outs, coverage, influence."""

from koebner.analysis.clamping import READ_OUTS, Scenario, clamp_effects, load_scenarios
from koebner.analysis.contributions import Comparison, compare_targets
from koebner.analysis.coverage import Covered, Element, coverage, load_elements
from koebner.analysis.knockout import knockout, removable
from koebner.analysis.masking import FREE, Given, Hold, held_courses, masked
from koebner.analysis.targets import load_targets

__all__ = [
    "FREE",
    "READ_OUTS",
    "Comparison",
    "Covered",
    "Element",
    "Given",
    "Hold",
    "Scenario",
    "clamp_effects",
    "compare_targets",
    "coverage",
    "held_courses",
    "knockout",
    "load_elements",
    "load_scenarios",
    "load_targets",
    "masked",
    "removable",
]
