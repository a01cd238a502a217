"""Equations as expressions: derivatives and factors, before any number is known."""
