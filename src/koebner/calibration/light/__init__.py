"""Phototherapy: the cohort patient by patient."""
