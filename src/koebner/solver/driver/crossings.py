"""Where conditions change within a step: in every lane it ends just after the first change."""

from koebner.solver.driver.frame import Frame, whole
from koebner.solver.machine_code.lanes import Lanes, Value

_PARTS = (0.25, 0.5, 0.75, 1.0)
"""Where in a step conditions are looked at; one that changes to and fro in between is not seen."""
_BISECTIONS = 64  # more than double precision has bits
_ROUNDS = 2


def write_crossings(lanes: Lanes) -> None:
    """Write `seek_crossings(table)`: where a condition changes in a step, the lane is `crossing`.

    `t_new` becomes the first double with the new truth. What had changed before and has changed back
    there, as a sawtooth that starts again, shows just before it; so that is looked at too.
    """
    _write_look(lanes)
    _write_bisect(lanes)
    frame = Frame(lanes, "seek_crossings")
    builder = frame.builder
    t, end = frame.reals("t"), frame.reals("t_new")
    length = builder.fsub(end, t)
    frame.set_mask("crossing", lanes.bit(0))
    for part in _PARTS:
        time = end if part == 1 else builder.fadd(t, builder.fmul(length, lanes.number(part)))
        _look(frame, time, frame.all_of(frame.mask("accepted"), builder.not_(frame.mask("crossing"))))
    with frame.when(frame.any(frame.mask("crossing"))):
        frame.set_mask("found", frame.mask("crossing"))
        frame.call_own("bisect")
        for _ in range(_ROUNDS):
            before = _double_before(frame, frame.reals("t_new"))
            later = builder.fcmp_ordered(">", before, t)
            _look(frame, before, frame.all_of(frame.mask("crossing"), later))
            with frame.when(frame.any(frame.mask("found"))):
                frame.call_own("bisect")
    builder.ret_void()


def _look(frame: Frame, time: Value, where: Value) -> None:
    frame.set_reals("inside_t", time)
    frame.set_mask("seeking", where)
    frame.call_own("look")


def _double_before(frame: Frame, time: Value) -> Value:
    """The next smaller double of a time above 0."""
    lanes, builder = frame.lanes, frame.builder
    bits = builder.sub(builder.bitcast(time, lanes.int_type), lanes.integer(1))
    return builder.bitcast(bits, lanes.type)


def _write_look(lanes: Lanes) -> None:
    """Write `look(table)`: where `seeking`, compare the conditions at `inside_t` with those now.

    Where one differs, it is noted as turned, the lane is `found` and `crossing`, and `t_new` is that
    time.
    """
    frame = Frame(lanes, "look")
    builder = frame.builder
    frame.call_own("interpolate")
    frame.call("conditions", "y_inside", "p", "conditions_new")
    new, now, turned = (frame.array(f"conditions_{word}") for word in ("new", "now", "turned"))
    seeking = frame.mask("seeking")
    n = frame.size("n_conditions")
    found = frame.variable(lanes.bit(0))
    with frame.counting(n) as i:
        differs = builder.fcmp_unordered("!=", lanes.load(builder, new, i), lanes.load(builder, now, i))
        frame.put(found, builder.or_(frame.get(found, lanes.bit_type), differs))
    where = frame.all_of(frame.get(found, lanes.bit_type), seeking)
    with frame.when(frame.any(where)), frame.counting(n) as i:
        differs = builder.fcmp_unordered("!=", lanes.load(builder, new, i), lanes.load(builder, now, i))
        number = builder.select(differs, lanes.number(1.0), lanes.number(0.0))
        lanes.store(builder, builder.select(where, number, lanes.load(builder, turned, i)), turned, i)
    frame.set_mask("found", where)
    frame.set_mask("crossing", frame.any_of(frame.mask("crossing"), where))
    frame.set_reals("t_new", builder.select(where, frame.reals("inside_t"), frame.reals("t_new")))
    builder.ret_void()


def _write_bisect(lanes: Lanes) -> None:
    """Write `bisect(table)`: in `found` lanes, `t_new` becomes the first double after the change."""
    frame = Frame(lanes, "bisect")
    builder = frame.builder
    frame.set_reals("low_t", frame.reals("t"))
    with frame.counting(whole(_BISECTIONS)):
        low, high = frame.reals("low_t"), frame.reals("t_new")
        middle = builder.fmul(builder.fadd(low, high), lanes.number(0.5))
        frame.set_reals("inside_t", middle)
        frame.call_own("interpolate")
        frame.call("conditions", "y_inside", "p", "conditions_new")
        turned = _turned(frame)
        between = frame.all_of(
            builder.fcmp_ordered(">", middle, low),
            builder.fcmp_ordered("<", middle, high),
            frame.mask("found"),
        )
        frame.set_reals("t_new", builder.select(frame.all_of(between, turned), middle, high))
        earlier = frame.all_of(between, builder.not_(turned))
        frame.set_reals("low_t", builder.select(earlier, middle, low))
    builder.ret_void()


def _turned(frame: Frame) -> Value:
    """Where any of the conditions that turn in this step has turned already.

    The others do not count: interpolation is a rounding error off at the begin of a step, where a
    condition that has just changed would seem to change back.
    """
    lanes, builder = frame.lanes, frame.builder
    new, now, turned = (frame.array(f"conditions_{word}") for word in ("new", "now", "turned"))
    changed = frame.variable(lanes.bit(0))
    with frame.counting(frame.size("n_conditions")) as i:
        differs = builder.fcmp_unordered("!=", lanes.load(builder, new, i), lanes.load(builder, now, i))
        noted = builder.fcmp_ordered("!=", lanes.load(builder, turned, i), lanes.number(0.0))
        known = frame.get(changed, lanes.bit_type)
        frame.put(changed, builder.or_(known, builder.and_(differs, noted)))
    return frame.get(changed, lanes.bit_type)
