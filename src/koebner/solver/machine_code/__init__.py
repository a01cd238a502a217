"""Expressions as machine code, for one patient and for a register of patients."""
