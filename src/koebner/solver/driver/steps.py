"""One step of a Rosenbrock method in all lanes, each with its own step size, and values inside it.

The stages are those of Hairer and Wanner (1996), section IV.7, in the transformed variables u: one
factorization and as many solutions as stages, no product by the Jacobian. Where rates depend on time,
time is one more state, which gives the same as the formulas with derivatives by time.
"""

from collections.abc import Sequence

from koebner.solver.driver.frame import Frame, whole
from koebner.solver.machine_code.lanes import DOUBLE, INT, Lanes, Value
from koebner.solver.methods import Method

_CHECK_EVERY = 64
"""Steps from one check of the residual to the next; the first step after a stop is always checked."""
_OUTGROWN = 1e6
"""Error, as a mean square, that rejects a step."""
_LARGEST_SHARE = 0.01
"""What the error of a linear solution may contribute, as a share of the tolerance."""


def write_step(lanes: Lanes, method: Method) -> None:
    """Write `step(table)`: from `y` by `h_used` to `y_new`, with the mean square of its `error`."""
    frame = Frame(lanes, "step")
    builder, n = frame.builder, frame.size("n_steps")
    inverse_h = builder.fdiv(lanes.number(1.0), frame.reals("h_used"))
    frame.set_reals("shift", builder.fmul(inverse_h, lanes.number(1 / method.gamma)))
    frame.call("factor", "y", "p", "shift", "factors")
    outgrown = _outgrown(frame)
    stages = [_stage(frame, s) for s in range(method.n_stages)]
    for s, stage in enumerate(stages):
        start = "y" if s == 0 else "stage_y"
        if s > 0:
            _combine(frame, n, stages, method.a[s])
        frame.call("rates", start, "p", stage)
        if s == 0:
            frame.call_own("keep_right_side")
        else:
            _add_stages(frame, n, stages, method.c[s], inverse_h)
        frame.call("solve", "factors", stage)
        if s == 0:
            frame.call_own("check_residual")
    _finish(frame, stages[-1])
    error = builder.select(outgrown, lanes.number(_OUTGROWN), frame.reals("error"))
    frame.set_reals("error", error)
    builder.ret_void()


def _outgrown(frame: Frame) -> Value:
    """Where the step is too long for what grows: the matrix has an odd number of negative eigenvalues.

    A mode with a rate of growth above shift = 1/(gamma h) would be damped by the method instead of
    growing, unnoticed while it is smaller than the tolerance: a seed that should take off would not.
    """
    lanes, builder = frame.lanes, frame.builder
    places, factors = frame.array("pivot_place"), frame.array("factors")
    signs = frame.variable(lanes.integer(0))
    with frame.counting(frame.size("n_pivots")) as i:
        pivot = lanes.load(builder, factors, frame.element(places, i, INT))
        bits = builder.bitcast(pivot, lanes.int_type)
        frame.put(signs, builder.xor(frame.get(signs, lanes.int_type), bits))
    return builder.icmp_signed("<", frame.get(signs, lanes.int_type), lanes.integer(0))


def _stage(frame: Frame, number: int) -> Value:
    offset = frame.builder.mul(whole(number), frame.builder.add(frame.size("n_states"), whole(1)))
    return frame.lanes.pointer(frame.builder, frame.array("stages"), offset)


def _combine(frame: Frame, n: Value, stages: Sequence[Value], weights: Sequence[float]) -> None:
    """Set `stage_y` to y plus a combination of stages."""
    lanes, builder = frame.lanes, frame.builder
    y, target = frame.array("y"), frame.array("stage_y")
    with frame.counting(n) as i:
        total = lanes.load(builder, y, i)
        for stage, weight in zip(stages, weights, strict=False):
            if weight:
                total = lanes.multiply_add(
                    builder, lanes.load(builder, stage, i), lanes.number(weight), total
                )
        lanes.store(builder, total, target, i)


def _add_stages(
    frame: Frame, n: Value, stages: Sequence[Value], weights: Sequence[float], inverse_h: Value
) -> None:
    """Add a combination of earlier stages, divided by the step size, to the right side of a stage."""
    lanes, builder, stage = frame.lanes, frame.builder, stages[len(weights)]
    with frame.counting(n) as i:
        total = builder.fmul(lanes.load(builder, stages[0], i), lanes.number(weights[0]), flags=lanes.flags)
        for earlier, weight in zip(stages[1:], weights[1:], strict=False):
            total = lanes.multiply_add(builder, lanes.load(builder, earlier, i), lanes.number(weight), total)
        lanes.store(
            builder, lanes.multiply_add(builder, total, inverse_h, lanes.load(builder, stage, i)), stage, i
        )


def _finish(frame: Frame, last: Value) -> None:
    """Set `y_new`, and `error` to the mean square of the last stage in units of the tolerance."""
    lanes, builder = frame.lanes, frame.builder
    n = frame.size("n_states")
    y, stage_y, y_new = (frame.array(name) for name in ("y", "stage_y", "y_new"))
    rtol, atol = frame.spread("rtol"), frame.spread("atol")
    total = frame.variable(lanes.number(0.0))
    with frame.counting(frame.size("n_steps")) as i:
        difference = lanes.load(builder, last, i)
        new = builder.fadd(lanes.load(builder, stage_y, i), difference, flags=lanes.flags)
        lanes.store(builder, new, y_new, i)
        sizes = (lanes.intrinsic(builder, "fabs", value) for value in (lanes.load(builder, y, i), new))
        weight = lanes.multiply_add(builder, frame.largest(*sizes), rtol, atol)
        share = builder.fdiv(difference, weight)
        frame.put(total, lanes.multiply_add(builder, share, share, frame.get(total)))
    count = builder.sitofp(builder.select(builder.icmp_signed(">", n, whole(0)), n, whole(1)), DOUBLE)
    mean = builder.fdiv(frame.get(total), frame.spread_value(count))
    frame.set_reals("error", mean)


def write_residual_check(lanes: Lanes) -> None:
    """Write `check_residual(table)`: without pivoting, a solution must be shown to be one.

    After the first stage u of a step, |(shift I - J) u - f|/shift, which is about the error of u, is
    compared with the tolerance; a lane in which it is too large, or not a number, becomes `suspect`.
    """
    keep = Frame(lanes, "keep_right_side")
    with keep.when(keep.any(_due(keep))):
        stages, kept = keep.array("stages"), keep.array("residual_y")
        with keep.counting(keep.size("n_steps")) as i:
            lanes.store(keep.builder, lanes.load(keep.builder, stages, i), kept, i)
    keep.builder.ret_void()

    frame = Frame(lanes, "check_residual")
    builder = frame.builder
    due = _due(frame)
    with frame.when(frame.any(due)):
        frame.call("residual", "y", "p", "shift", "stages", "stage_y")
        y, side, product = (frame.array(name) for name in ("y", "residual_y", "stage_y"))
        rtol, atol, shift = frame.spread("rtol"), frame.spread("atol"), frame.reals("shift")
        worst = frame.variable(lanes.number(0.0))
        with frame.counting(frame.size("n_states")) as i:
            rest = builder.fsub(lanes.load(builder, product, i), lanes.load(builder, side, i))
            size = lanes.intrinsic(builder, "fabs", lanes.load(builder, y, i))
            weight = builder.fmul(lanes.multiply_add(builder, size, rtol, atol), shift)
            share = builder.fdiv(lanes.intrinsic(builder, "fabs", rest), weight)
            larger = builder.fcmp_unordered(">", share, frame.get(worst))
            frame.put(worst, builder.select(larger, share, frame.get(worst)))
        wrong = builder.fcmp_unordered(">", frame.get(worst), lanes.number(_LARGEST_SHARE))
        frame.set_mask("suspect", frame.any_of(frame.mask("suspect"), frame.all_of(due, wrong)))
    builder.ret_void()


def _due(frame: Frame) -> Value:
    lanes, builder = frame.lanes, frame.builder
    since = builder.and_(frame.wholes("age"), lanes.integer(_CHECK_EVERY - 1))
    return frame.all_of(builder.icmp_signed("==", since, lanes.integer(0)), frame.mask("active"))


def write_dense(lanes: Lanes, method: Method) -> None:
    """Write `prepare_dense(table)`: the polynomials of the step from its stages."""
    frame = Frame(lanes, "prepare_dense")
    builder = frame.builder
    stages = [_stage(frame, s) for s in range(method.n_stages)]
    dense, width = frame.array("dense"), builder.add(frame.size("n_states"), whole(1))
    with frame.counting(frame.size("n_states")) as i:
        values = [lanes.load(builder, stage, i) for stage in stages]
        for k, weights in enumerate(method.d):
            total = lanes.number(0.0)
            for value, weight in zip(values, weights, strict=True):
                if weight:
                    total = lanes.multiply_add(builder, value, lanes.number(weight), total)
            lanes.store(builder, total, dense, builder.add(builder.mul(whole(k), width), i))
    builder.ret_void()


def write_interpolate(lanes: Lanes, method: Method) -> None:
    """Write `interpolate(table)`: set `y_inside` to the states at `inside_t`, between `t` and t + h."""
    frame = Frame(lanes, "interpolate")
    builder = frame.builder
    time = frame.reals("inside_t")
    since = builder.fsub(time, frame.reals("t"))
    theta = builder.fdiv(since, frame.reals("h_used"))
    rest = builder.fsub(lanes.number(1.0), theta)
    n = frame.size("n_states")
    dense, width = frame.array("dense"), builder.add(n, whole(1))
    y, y_new, inside = (frame.array(name) for name in ("y", "y_new", "y_inside"))
    with frame.counting(n) as i:
        bend = lanes.number(0.0)
        for k in reversed(range(len(method.d))):
            place = builder.add(builder.mul(whole(k), width), i)
            bend = lanes.multiply_add(builder, bend, theta, lanes.load(builder, dense, place))
        end = lanes.multiply_add(builder, rest, bend, lanes.load(builder, y_new, i))
        begun = builder.fmul(rest, lanes.load(builder, y, i))
        lanes.store(builder, lanes.multiply_add(builder, theta, end, begun), inside, i)
    lanes.store(builder, time, inside, n)
    builder.ret_void()
