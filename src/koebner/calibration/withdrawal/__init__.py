"""Relapse after stopping, each figure under its own definition, clock and visits."""
