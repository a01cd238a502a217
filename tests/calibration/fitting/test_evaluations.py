"""The log of a fit: an interrupted search goes on from it, and a changed one does not."""

from pathlib import Path

import numpy as np

from koebner.calibration.fitting.evaluations import Array, EvaluationLog


class Counted:
    """Squares, and how often they were asked for."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, point: Array) -> Array:
        self.calls += 1
        return point**2


def test_what_was_evaluated_is_not_evaluated_again(tmp_path: Path) -> None:
    path, first, second = tmp_path / "log", Counted(), Counted()
    points = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    before = [EvaluationLog([first], path)(points[0])]
    again = EvaluationLog([second], path)
    after = [again(point) for point in points]
    assert (first.calls, second.calls) == (1, 1)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(after[1], [9.0, 16.0])


def test_another_point_drops_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = EvaluationLog([Counted()], path)
    for value in (1.0, 2.0, 3.0):
        log(np.array([value]))
    other = Counted()
    changed = EvaluationLog([other], path)
    changed(np.array([1.0]))
    changed(np.array([5.0]))
    changed(np.array([3.0]))
    assert other.calls == 2  # the first point is known, the third belongs to another search
    kept = Counted()
    resumed = EvaluationLog([kept], path)
    for value in (1.0, 5.0, 3.0):
        resumed(np.array([value]))
    assert kept.calls == 0


def test_a_record_cut_short_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = EvaluationLog([Counted()], path)
    log(np.array([1.0]))
    log(np.array([2.0]))
    path.write_bytes(path.read_bytes()[:-5])
    again = Counted()
    resumed = EvaluationLog([again], path)
    assert resumed(np.array([1.0])).tolist() == [1.0]
    assert resumed(np.array([2.0])).tolist() == [4.0]
    assert again.calls == 1


def test_a_turn_changes_what_answers() -> None:
    log = EvaluationLog([lambda point: point, lambda point: -point])
    assert log(np.array([1.0])).tolist() == [1.0]
    log.turn(1)
    assert log(np.array([1.0])).tolist() == [-1.0]
