"""Where the shared data lie, and what happens to a test when they are absent."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("KOEBNER_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared(path: str) -> Path:
    """Return a file or folder of the shared data; skip, or fail where they are required."""
    found = SHARED / path
    if not found.exists():
        message = f"shared data absent: {path} (KOEBNER_SHARED={SHARED})"
        if os.environ.get("KOEBNER_REQUIRE_SHARED") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found
