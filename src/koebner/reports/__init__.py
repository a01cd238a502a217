"""Reports that people read: one file a report."""

from koebner.reports.citation import cite
from koebner.reports.trial_report import trial_report, write_trial_report

__all__ = ["cite", "trial_report", "write_trial_report"]
