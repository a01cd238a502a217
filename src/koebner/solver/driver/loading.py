"""How a patient gets into a lane."""

import math

from koebner.solver.driver.frame import Frame, whole
from koebner.solver.driver.suspicions import Suspicion
from koebner.solver.machine_code.lanes import BIT, DOUBLE, INT, Lanes, Value

_ZERO, _INFINITE, _TRUE = DOUBLE(0.0), DOUBLE(math.inf), BIT(1)


def write_load(lanes: Lanes) -> None:
    """Write `load(table)`: the next patient into every lane that is `loading`."""
    frame = Frame(lanes, "load")
    builder = frame.builder
    with frame.each_lane("loading") as lane:
        tries = frame.variable(whole(1))
        with frame.repeating(lambda: builder.icmp_signed("!=", frame.get(tries, INT), whole(0))):
            frame.put(tries, whole(0))
            patient = frame.size("next_patient")
            some = builder.icmp_signed("<", patient, frame.size("last_patient"))
            with builder.if_else(some) as (then, otherwise):
                with then:
                    frame.set_size("next_patient", builder.add(patient, whole(1)))
                    finite = _load_numbers(frame, lane, patient)
                    with builder.if_else(finite) as (good, bad):
                        with good:
                            _begin(frame, lane, patient)
                        with bad:
                            report_status(frame, patient, whole(Suspicion.NOT_FINITE), _ZERO)
                            frame.put(tries, whole(1))
                with otherwise:
                    _idle(frame, lane)
    builder.ret_void()


def _idle(frame: Frame, lane: Value) -> None:
    for flag in ("active", "arriving", "loading"):
        frame.set_lane(flag, lane, whole(0))
    for time in ("stop", "next_output", "agenda"):
        frame.set_lane(time, lane, _INFINITE)


def _load_numbers(frame: Frame, lane: Value, patient: Value) -> Value:
    """Put a patient's states and constants into a lane; return whether all are finite."""
    builder = frame.builder
    sides = (
        ("scratch_y", "default_states", "given_states", "given_state_places", "n_states", "n_given_states"),
        (
            *("scratch_p", "default_constants", "given_constants", "given_constant_places"),
            *("n_constants", "n_given_constants"),
        ),
    )
    for scratch, defaults, given, places, n, n_given in sides:
        target, source = frame.array(scratch), frame.array(defaults)
        with frame.counting(frame.size(n)) as i:
            frame.set_element(frame.element(source, i), target, i)
        row, where = frame.array(given), frame.array(places)
        first = builder.mul(patient, frame.size(n_given))
        with frame.counting(frame.size(n_given)) as i:
            place = frame.element(where, i, INT)
            frame.set_element(frame.element(row, builder.add(first, i)), target, place)
    zero = frame.variable(_ZERO)
    frame.call("start", zero, "scratch_y", "scratch_p", "keep_states", "keep_constants")
    finite = frame.variable(_TRUE)
    for scratch, lanes_array, n in (("scratch_y", "y", "n_states"), ("scratch_p", "p", "n_constants")):
        source, target = frame.array(scratch), frame.array(lanes_array)
        with frame.counting(frame.size(n)) as i:
            value = frame.element(source, i)
            frame.set_element(value, target, frame.of_lane(i, lane))
            difference = builder.fsub(value, value)
            known = frame.get(finite, BIT)
            frame.put(finite, builder.and_(known, builder.fcmp_ordered("==", difference, _ZERO)))
    return frame.get(finite, BIT)


def _begin(frame: Frame, lane: Value, patient: Value) -> None:
    for count, value in (
        ("patient", patient),
        ("change", frame.element(frame.array("change_first"), patient, INT)),
        ("output", whole(0)),
        ("steps", whole(0)),
        ("age", whole(0)),
        ("active", whole(-1)),
        ("arriving", whole(-1)),
        ("loading", whole(0)),
        ("rejected", whole(0)),
        ("suspect", whole(0)),
        ("fresh", whole(-1)),
        ("paused", frame.builder.sub(whole(0), frame.size("has_events"))),
    ):
        frame.set_lane(count, lane, value)
    for real, number in (("t", _ZERO), ("mark", _ZERO), ("h", _INFINITE), ("agenda", _INFINITE)):
        frame.set_lane(real, lane, number)
    frame.set_lane("next_output", lane, frame.element(frame.array("times"), whole(0)))
    n_records = frame.builder.add(frame.size("n_minima"), frame.size("n_firsts"))
    for array, n, number in (
        ("records_now", n_records, _INFINITE),
        ("guards_low", frame.size("n_guards"), _INFINITE),
        ("guards_high", frame.size("n_guards"), _ZERO),
    ):
        target = frame.array(array)
        with frame.counting(n) as i:
            frame.set_element(number, target, frame.of_lane(i, lane))


def report_status(frame: Frame, patient: Value, status: Value, time: Value) -> None:
    """Write how a patient's integration ended, and when."""
    frame.set_element(status, frame.array("status"), patient)
    frame.set_element(time, frame.array("ended"), patient)
