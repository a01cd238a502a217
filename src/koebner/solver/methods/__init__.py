"""Rosenbrock methods: each is a file of coefficients that names its paper."""

from koebner.solver.methods.coefficients import Method, available, load_method

__all__ = ["Method", "available", "load_method"]
