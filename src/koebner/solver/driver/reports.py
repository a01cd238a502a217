"""What is kept of a lane: outputs at their times, extremes, first times, and how low guards fell."""

import math

from koebner.solver.driver.frame import Frame, whole
from koebner.solver.machine_code.lanes import DOUBLE, INT, Lanes, Value

_INFINITE = DOUBLE(math.inf)


def write_reports(lanes: Lanes) -> None:
    """Write `report(table)` of the states `y_inside` where `writing`, and `report_now(table)` of `y`."""
    frame = Frame(lanes, "report")
    builder = frame.builder
    frame.call("observe", "y_inside", "p", "observed")
    n_outputs, n_times = frame.size("n_outputs"), frame.size("n_times")
    arrays = [frame.array(name) for name in ("y_inside", "observed", "p")]
    kinds, places, values, times = (
        frame.array(name) for name in ("output_kind", "output_place", "values", "times")
    )
    with frame.each_lane("writing") as lane:
        output = frame.lane_whole("output", lane)
        row = builder.add(builder.mul(frame.lane_whole("patient", lane), n_times), output)
        first = builder.mul(row, n_outputs)
        with frame.counting(n_outputs) as j:
            kind, place = frame.element(kinds, j, INT), frame.element(places, j, INT)
            source = arrays[2]
            for number in (1, 0):
                source = builder.select(
                    builder.icmp_signed("==", kind, whole(number)), arrays[number], source
                )
            value = frame.element(source, frame.of_lane(place, lane))
            frame.set_element(value, values, builder.add(first, j))
        following = builder.add(output, whole(1))
        frame.set_lane("output", lane, following)
        more = builder.icmp_signed("<", following, n_times)
        place = builder.select(more, following, whole(0))
        time = builder.select(more, frame.element(times, place), _INFINITE)
        frame.set_lane("next_output", lane, time)
    builder.ret_void()

    now = Frame(lanes, "report_now")
    builder = now.builder

    def due() -> Value:
        waiting = builder.fcmp_ordered("<=", now.reals("next_output"), now.reals("t"))
        mask = now.all_of(waiting, now.mask("arriving"), now.mask("active"))
        now.set_mask("writing", mask)
        return now.any(mask)

    _copy_states(now, "y", "y_inside")
    with now.repeating(due):
        now.call_own("report")
    builder.ret_void()


def _copy_states(frame: Frame, source: str, target: str) -> None:
    """Copy states and put the time behind them in both."""
    lanes, builder, n = frame.lanes, frame.builder, frame.size("n_states")
    origin, copy = frame.array(source), frame.array(target)
    lanes.store(builder, frame.reals("t"), origin, n)
    with frame.counting(builder.add(n, whole(1))) as i:
        lanes.store(builder, lanes.load(builder, origin, i), copy, i)


def write_watch(lanes: Lanes) -> None:
    """Write `watch_now(table)`: minima and first times in arriving lanes."""
    frame = Frame(lanes, "watch_now")
    lanes.store(frame.builder, frame.reals("t"), frame.array("y"), frame.size("n_states"))
    watch(frame, "y", frame.reals("t"), frame.all_of(frame.mask("arriving"), frame.mask("active")))
    frame.builder.ret_void()


def watch(frame: Frame, states: str, time: Value, where: Value) -> None:
    """Take states into the running minima and first times of some lanes, and into the guards."""
    lanes, builder = frame.lanes, frame.builder
    n_minima = frame.size("n_minima")
    n_records = builder.add(n_minima, frame.size("n_firsts"))
    with frame.when(builder.icmp_signed(">", n_records, whole(0))):
        frame.call("watch", states, "p", "watched")
        watched, records = frame.array("watched"), frame.array("records_now")
        with frame.counting(n_records) as i:
            value, known = (lanes.load(builder, array, i) for array in (watched, records))
            is_minimum = builder.icmp_signed("<", i, n_minima)
            holds = builder.fcmp_ordered("!=", value, lanes.number(0.0))
            candidate = builder.select(is_minimum, value, builder.select(holds, time, lanes.number(math.inf)))
            # What is not a number stays: a record must not hide it.
            unknown = builder.fcmp_unordered("uno", candidate, candidate)
            smaller = builder.fcmp_ordered("<", candidate, known)
            better = frame.all_of(where, frame.any_of(smaller, unknown))
            lanes.store(builder, builder.select(better, candidate, known), records, i)
    n_guards = frame.size("n_guards")
    with frame.when(builder.icmp_signed(">", n_guards, whole(0))):
        frame.call("guards", states, "p", "guards_new")
        new, low, high = (frame.array(name) for name in ("guards_new", "guards_low", "guards_high"))
        with frame.counting(n_guards) as i:
            value = lanes.load(builder, new, i)
            lowest, largest = lanes.load(builder, low, i), lanes.load(builder, high, i)
            # A species that is below 0 from the start, or because an event set it so, may be.
            is_species = builder.icmp_signed(">=", i, frame.size("n_bases"))
            below = builder.fcmp_ordered("<", value, lanes.number(0.0))
            excused = frame.all_of(where, below, frame.mask("fresh"))
            excused = builder.select(is_species, excused, lanes.bit(0))
            size = builder.select(excused, lanes.number(math.inf), lanes.intrinsic(builder, "fabs", value))
            lanes.store(builder, builder.select(where, frame.least(value, lowest), lowest), low, i)
            lanes.store(builder, builder.select(where, frame.largest(size, largest), largest), high, i)
