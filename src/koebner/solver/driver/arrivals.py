"""What happens to a lane that stands at a stop: a patient begins, is given doses, ends.

Lanes whose patient has events pause where an event may act; the events are handled outside
(`ensemble`), and the lane arrives anew.
"""

from koebner.solver.driver.frame import Frame, whole
from koebner.solver.driver.loading import report_status, write_load
from koebner.solver.driver.reports import write_reports, write_watch
from koebner.solver.driver.suspicions import Suspicion
from koebner.solver.machine_code.lanes import BIT, DOUBLE, INT, Lanes, Value
from koebner.solver.problem import SIGN_NOISE, SIGN_TOLERANCES

_FIRST_STEP = 0.01
"""First step as a share of the time in which states change by their own size (Hairer, Norsett and
Wanner 1993, section II.4)."""
_SMALL_NORM = 1e-5
_ZERO, _TRUE = DOUBLE(0.0), BIT(1)


def write_arrivals(lanes: Lanes) -> None:
    """Write `arrive(table)`: bring every lane that is `arriving` to where it can step, or pause it."""
    write_load(lanes)
    write_reports(lanes)
    write_watch(lanes)
    _write_changes(lanes)
    _write_finish(lanes)
    _write_restart(lanes)
    frame = Frame(lanes, "arrive")
    builder = frame.builder
    leave = frame.function.append_basic_block("leave")

    def leave_if_paused() -> None:
        proceed = frame.function.append_basic_block("proceed")
        builder.cbranch(frame.any(frame.mask("paused")), leave, proceed)
        builder.position_at_end(proceed)

    again = frame.variable(whole(1))
    with frame.repeating(lambda: builder.icmp_signed("!=", frame.get(again, INT), whole(0))):
        frame.call_own("load")
        frame.call("hoist", "p")
        leave_if_paused()
        frame.call_own("report_now")
        frame.call_own("watch_now")
        frame.call_own("apply_changes")
        frame.call("hoist", "p")
        frame.call_own("watch_now")
        leave_if_paused()
        frame.call_own("finish")
        waiting = frame.all_of(frame.mask("loading"), frame.mask("arriving"))
        frame.put(again, builder.zext(frame.any(waiting), INT))
    frame.call_own("watch_now")
    frame.call_own("restart")
    builder.branch(leave)
    builder.position_at_end(leave)
    builder.ret_void()


def _write_changes(lanes: Lanes) -> None:
    """Write `apply_changes(table)`: doses that are due, in their order; they end a count of steps."""
    frame = Frame(lanes, "apply_changes")
    builder = frame.builder
    names = ("change_first", "change_time", "change_place", "change_kind", "change_amount")
    first, times, places, kinds, amounts = (frame.array(name) for name in names)
    y, p = frame.array("y"), frame.array("p")
    with frame.each_lane("arriving") as lane, frame.when(frame.has("active", lane)):
        last = frame.element(first, builder.add(frame.lane_whole("patient", lane), whole(1)), INT)
        time = frame.lane_real("t", lane)

        def due() -> Value:
            change = frame.lane_whole("change", lane)
            exists = builder.icmp_signed("<", change, last)
            known = builder.select(exists, change, whole(0))
            come = builder.fcmp_ordered("<=", frame.element(times, known), time)
            before_end = builder.fcmp_ordered("<", time, frame.real("end"))
            return frame.all_of(exists, come, before_end)

        with frame.repeating(due):
            change = frame.lane_whole("change", lane)
            kind, amount = frame.element(kinds, change, INT), frame.element(amounts, change)
            on_state = builder.icmp_signed("==", builder.and_(kind, whole(1)), whole(0))
            adds = builder.icmp_signed("!=", builder.and_(kind, whole(2)), whole(0))
            target = builder.select(on_state, y, p)
            place = frame.of_lane(frame.element(places, change, INT), lane)
            old = builder.select(adds, frame.element(target, place), _ZERO)
            frame.set_element(builder.fadd(old, amount), target, place)
            frame.set_lane("change", lane, builder.add(change, whole(1)))
            for count in ("steps", "age"):
                frame.set_lane(count, lane, whole(0))
            frame.set_lane("paused", lane, builder.sub(whole(0), frame.size("has_events")))
    builder.ret_void()


def _write_finish(lanes: Lanes) -> None:
    """Write `finish(table)`: where the end is reached, keep the records and ask for the next patient."""
    frame = Frame(lanes, "finish")
    builder = frame.builder
    with frame.each_lane("arriving") as lane, frame.when(frame.has("active", lane)):
        time = frame.lane_real("t", lane)
        with frame.when(builder.fcmp_ordered(">=", time, frame.real("end"))):
            patient = frame.lane_whole("patient", lane)
            _keep_records(frame, lane, patient)
            good = _signs_hold(frame, lane)
            status = builder.select(good, whole(Suspicion.NONE), whole(Suspicion.SIGN))
            report_status(frame, patient, status, time)
            frame.set_lane("loading", lane, whole(-1))
            frame.set_lane("active", lane, whole(0))
    builder.ret_void()


def _keep_records(frame: Frame, lane: Value, patient: Value) -> None:
    """Write extremes and first times, then areas, into the row of a patient."""
    builder = frame.builder
    n_watched = builder.add(frame.size("n_minima"), frame.size("n_firsts"))
    n_areas = frame.size("n_areas")
    target = frame.array("records")
    row = builder.mul(patient, builder.add(n_watched, n_areas))
    source = frame.array("records_now")
    with frame.counting(n_watched) as i:
        frame.set_element(frame.element(source, frame.of_lane(i, lane)), target, builder.add(row, i))
    y, places, first = frame.array("y"), frame.array("area_place"), builder.add(row, n_watched)
    with frame.counting(n_areas) as i:
        value = frame.element(y, frame.of_lane(frame.element(places, i, INT), lane))
        frame.set_element(value, target, builder.add(first, i))


def _signs_hold(frame: Frame, lane: Value) -> Value:
    """Whether no guard fell below 0 by more than a rounding error of its own size."""
    builder = frame.builder
    rtol, atol = frame.real("rtol"), frame.real("atol")
    share = builder.select(builder.fcmp_ordered(">", rtol, DOUBLE(SIGN_NOISE)), rtol, DOUBLE(SIGN_NOISE))
    least = builder.fmul(atol, DOUBLE(SIGN_TOLERANCES))
    low, high = frame.array("guards_low"), frame.array("guards_high")
    good = frame.variable(_TRUE)
    with frame.counting(frame.size("n_guards")) as i:
        place = frame.of_lane(i, lane)
        allowed = builder.fadd(builder.fmul(share, frame.element(high, place)), least)
        holds = builder.fcmp_ordered(">=", frame.element(low, place), builder.fneg(allowed))
        frame.put(good, builder.and_(frame.get(good, BIT), holds))
    return frame.get(good, BIT)


def _write_restart(lanes: Lanes) -> None:
    """Write `restart(table)`: next stop and first step of arriving lanes, which then have arrived."""
    frame = Frame(lanes, "restart")
    builder = frame.builder
    arriving = frame.mask("arriving")
    lanes.store(builder, frame.reals("t"), frame.array("y"), frame.size("n_states"))
    frame.call("conditions", "y", "p", "conditions_new")
    new, now = frame.array("conditions_new"), frame.array("conditions_now")
    with frame.counting(frame.size("n_conditions")) as i:
        values = (lanes.load(builder, array, i) for array in (new, now))
        lanes.store(builder, builder.select(arriving, *values), now, i)
    step = _first_step(frame)
    h = frame.reals("h")
    frame.set_reals("h", builder.select(arriving, frame.least(step, h), h))
    first, times = frame.array("change_first"), frame.array("change_time")
    with frame.each_lane("arriving") as lane:
        last = frame.element(first, builder.add(frame.lane_whole("patient", lane), whole(1)), INT)
        change = frame.lane_whole("change", lane)
        exists = builder.icmp_signed("<", change, last)
        time = frame.element(times, builder.select(exists, change, whole(0)))
        stop = frame.real("end")
        for other in (builder.select(exists, time, stop), frame.lane_real("agenda", lane)):
            stop = builder.select(builder.fcmp_ordered("<", other, stop), other, stop)
        frame.set_lane("stop", lane, stop)
        for flag in ("arriving", "fresh"):
            frame.set_lane(flag, lane, whole(0))
    builder.ret_void()


def _first_step(frame: Frame) -> Value:
    lanes, builder = frame.lanes, frame.builder
    frame.call("rates", "y", "p", "stage_y")
    y, rates = frame.array("y"), frame.array("stage_y")
    rtol, atol = frame.spread("rtol"), frame.spread("atol")
    sums = [frame.variable(lanes.number(0.0)) for _ in range(2)]
    with frame.counting(frame.size("n_states")) as i:
        state = lanes.load(builder, y, i)
        weight = lanes.multiply_add(builder, lanes.intrinsic(builder, "fabs", state), rtol, atol)
        for total, value in zip(sums, (state, lanes.load(builder, rates, i)), strict=True):
            share = builder.fdiv(value, weight)
            frame.put(total, lanes.multiply_add(builder, share, share, frame.get(total)))
    size, speed = (lanes.intrinsic(builder, "sqrt", frame.get(total)) for total in sums)
    usual = builder.fmul(builder.fdiv(size, speed), lanes.number(_FIRST_STEP))
    small = frame.any_of(
        builder.fcmp_unordered("<", size, lanes.number(_SMALL_NORM)),
        builder.fcmp_unordered("<", speed, lanes.number(_SMALL_NORM)),
    )
    longest = frame.spread("longest_step")
    cautious = builder.fmul(longest, lanes.number(1e-6))
    return frame.least(builder.select(small, cautious, usual), longest)
