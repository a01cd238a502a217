"""Least values inside a step: from three points a parabola, and the trajectory at its vertex."""

from koebner.solver.driver.frame import Frame, whole
from koebner.solver.machine_code.lanes import Lanes, Value


def write_seek_minima(lanes: Lanes) -> None:
    """Write `seek_minima(table)`: least values between `t` and `t_new` of accepted steps.

    What is recorded is a value of the dense output at that vertex, so the error is that of the place
    of the minimum squared. The ends of the step are looked at elsewhere.
    """
    frame = Frame(lanes, "seek_minima")
    builder = frame.builder
    n = frame.size("n_minima")
    samples = frame.array("samples")
    for k, part in enumerate((0.0, 0.5, 1.0)):
        _watch_at(frame, _between(frame, lanes.number(part)))
        watched, first = frame.array("watched"), builder.mul(whole(k), n)
        with frame.counting(n) as j:
            value = lanes.load(builder, watched, j)
            lanes.store(builder, value, samples, builder.add(first, j))
    with frame.counting(n) as j:
        vertex, inside = _vertex(frame, [builder.add(builder.mul(whole(k), n), j) for k in range(3)])
        inside = frame.all_of(inside, frame.mask("accepted"))
        with frame.when(frame.any(inside)):
            _watch_at(frame, _between(frame, builder.select(inside, vertex, lanes.number(0.0))))
            value = lanes.load(builder, frame.array("watched"), j)
            known = lanes.load(builder, frame.array("records_now"), j)
            better = frame.all_of(inside, builder.fcmp_ordered("<", value, known))
            lanes.store(builder, builder.select(better, value, known), frame.array("records_now"), j)
    builder.ret_void()


def _between(frame: Frame, part: Value) -> Value:
    """The time at a part of the accepted step; exactly its end at 1."""
    builder, t = frame.builder, frame.reals("t")
    length = builder.fsub(frame.reals("t_new"), t)
    return builder.fadd(t, builder.fmul(part, length))


def _watch_at(frame: Frame, time: Value) -> None:
    frame.set_reals("inside_t", time)
    frame.call_own("interpolate")
    frame.call("watch", "y_inside", "p", "watched")


def _vertex(frame: Frame, places: list[Value]) -> tuple[Value, Value]:
    """Place of the least value of the parabola through three samples, and where it lies inside."""
    lanes, builder = frame.lanes, frame.builder
    begin, middle, end = (lanes.load(builder, frame.array("samples"), place) for place in places)
    bend = builder.fadd(lanes.multiply_add(builder, middle, lanes.number(-2.0), begin), end)
    slope = builder.fsub(builder.fmul(middle, lanes.number(4.0)), end)
    slope = lanes.multiply_add(builder, begin, lanes.number(-3.0), slope)
    # f(s) = begin + slope s + 2 bend s^2 with slope = -3 begin + 4 middle - end.
    vertex = builder.fdiv(slope, builder.fmul(lanes.number(-4.0), bend))
    inside = frame.all_of(
        builder.fcmp_ordered(">", bend, lanes.number(0.0)),
        builder.fcmp_ordered(">", vertex, lanes.number(0.0)),
        builder.fcmp_ordered("<", vertex, lanes.number(1.0)),
    )
    return vertex, inside
