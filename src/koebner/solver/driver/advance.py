"""The loop over steps: lanes go in step, each with its own time, step size and patient.

A lane that has finished a patient at once begins the next. The driver knows neither model nor sizes;
it finds both in the table of a `workspace.Workspace`, so it is compiled once a method and computer.
"""

from functools import lru_cache

import llvmlite.ir as ir

from koebner.solver.driver.arrivals import write_arrivals
from koebner.solver.driver.crossings import write_crossings
from koebner.solver.driver.frame import Frame, whole
from koebner.solver.driver.loading import report_status
from koebner.solver.driver.minima import write_seek_minima
from koebner.solver.driver.reports import watch
from koebner.solver.driver.steps import write_dense, write_interpolate, write_residual_check, write_step
from koebner.solver.driver.suspicions import Suspicion
from koebner.solver.machine_code.assembly import Code, assemble, lane_width
from koebner.solver.machine_code.lanes import DOUBLE, INT, Lanes, Value
from koebner.solver.machine_code.object_cache import Entry, cached, key_of
from koebner.solver.methods import Method, load_method

DONE, PAUSED, BUDGET = 0, 1, 2
"""What `advance` returns: all patients are done, a lane is paused, or the budget of steps is used up."""

_SAFETY, _LEAST_FACTOR, _LARGEST_FACTOR = 0.9, 0.2, 6.0
_LEAST_ERROR, _LARGEST_ERROR = 1e-20, 1e20  # mean squares
_ALMOST = 1.0000001  # a step that ends just before a stop ends at it
_PART_OF_TIME = 0.01  # in which at most max_steps steps are taken
_SMALLEST_STEP = 1e-18  # as a share of the whole time


@lru_cache(maxsize=8)
def load_driver(name: str) -> Code:
    """Return the compiled driver of a method, from the cache where possible.

    Raises
    ------
    UnknownNameError
        When there is no such method.
    """
    method = load_method(name)
    width = lane_width()
    entry = cached(key_of("driver", repr(method), width), lambda: Entry(assemble(_module(method, width)), {}))
    return Code(entry.code)


def _module(method: Method, width: int) -> ir.Module:
    module = ir.Module(f"driver_{method.name}")
    lanes = Lanes(module, width)
    write_residual_check(lanes)
    write_step(lanes, method)
    write_dense(lanes, method)
    write_interpolate(lanes, method)
    write_arrivals(lanes)
    write_crossings(lanes)
    write_seek_minima(lanes)
    _write_inside(lanes)
    _write_give_up(lanes)
    _write_choose(lanes)
    _write_judge(lanes, method)
    _write_commit(lanes)
    _write_advance(lanes)
    return module


def _write_choose(lanes: Lanes) -> None:
    """Write `choose(table)`: `h_used`, so that steps end at a `target`; a lane without patient gets 1.

    The target is the next stop. At tight tolerances it is an output time that is not much nearer than
    a step is long, as dense output is less accurate than the states at the end of a step.
    """
    frame = Frame(lanes, "choose")
    builder = frame.builder
    t, stop, output = (frame.reals(name) for name in ("t", "stop", "next_output"))
    h = frame.least(frame.reals("h"), frame.spread("longest_step"))
    nearest = builder.fmul(h, frame.spread("landing"))
    lands = frame.all_of(
        builder.fcmp_ordered("<", output, stop),
        builder.fcmp_ordered(">", builder.fsub(output, t), nearest),
    )
    target = builder.select(lands, output, stop)
    rest = builder.fsub(target, t)
    reaches = builder.fcmp_ordered(">=", builder.fmul(h, lanes.number(_ALMOST)), rest)
    nearly = builder.fcmp_ordered(">", builder.fmul(h, lanes.number(2.0)), rest)
    half = builder.fmul(rest, lanes.number(0.5))
    used = builder.select(reaches, rest, builder.select(nearly, half, h))
    active = frame.mask("active")
    frame.set_reals("target", target)
    frame.set_reals("h_used", builder.select(active, used, lanes.number(1.0)))
    reached = builder.select(reaches, target, builder.fadd(t, used))
    frame.set_reals("t_new", builder.select(active, reached, t))
    lanes.store(builder, t, frame.array("y"), frame.size("n_states"))
    builder.ret_void()


def _write_judge(lanes: Lanes, method: Method) -> None:
    """Write `judge(table)`: whether a step is `accepted`, and the next step size."""
    frame = Frame(lanes, "judge")
    builder = frame.builder
    error = frame.reals("error")
    known = builder.fcmp_ordered("<", error, lanes.number(_LARGEST_ERROR))
    error = builder.select(known, error, lanes.number(_LARGEST_ERROR))
    active = frame.mask("active")
    accepted = builder.and_(builder.fcmp_ordered("<=", error, lanes.number(1.0)), active)
    logarithm = lanes.function(builder, "log", frame.largest(error, lanes.number(_LEAST_ERROR)))
    power = builder.fmul(logarithm, lanes.number(-0.5 / method.error_exponent))
    factor = builder.fmul(lanes.function(builder, "exp", power), lanes.number(_SAFETY))
    factor = frame.largest(frame.least(factor, lanes.number(_LARGEST_FACTOR)), lanes.number(_LEAST_FACTOR))
    # After a rejection the step does not grow at once; a rejected step shrinks.
    limit = builder.select(frame.mask("rejected"), lanes.number(1.0), lanes.number(_LARGEST_FACTOR))
    limit = builder.select(accepted, limit, lanes.number(_SAFETY))
    used = frame.reals("h_used")
    following = builder.fmul(used, frame.least(factor, limit))
    # A step cut short by its target says little against a longer one.
    cut = builder.fcmp_ordered("==", frame.reals("t_new"), frame.reals("target"))
    longer = frame.largest(following, frame.reals("h"))
    kept = builder.select(frame.all_of(accepted, cut), longer, following)
    frame.set_reals("h", builder.select(active, kept, frame.reals("h")))
    frame.set_mask("accepted", accepted)
    frame.set_mask("rejected", builder.and_(active, builder.not_(accepted)))
    one = builder.select(active, lanes.integer(1), lanes.integer(0))
    for count in ("steps", "age"):
        frame.set_wholes(count, builder.add(frame.wholes(count), one))
    builder.ret_void()


def _write_inside(lanes: Lanes) -> None:
    """Write `report_inside(table)`: outputs within the accepted part of a step.

    At the end itself, a lane that stops there reports when it arrives.
    """
    frame = Frame(lanes, "report_inside")
    builder = frame.builder

    def due() -> Value:
        output, end = frame.reals("next_output"), frame.reals("t_new")
        at_stop = builder.fcmp_ordered("==", end, frame.reals("stop"))
        stops = frame.any_of(at_stop, frame.mask("crossing"))
        before = builder.fcmp_ordered("<", output, end)
        at_end = builder.fcmp_ordered("==", output, end)
        inside = frame.any_of(before, frame.all_of(at_end, builder.not_(stops)))
        mask = frame.all_of(frame.mask("accepted"), inside)
        frame.set_mask("writing", mask)
        frame.set_reals("inside_t", builder.select(mask, output, frame.reals("t")))
        return frame.any(mask)

    with frame.repeating(due):
        frame.call_own("interpolate")
        frame.call_own("report")
        with frame.each_lane("writing") as lane:
            # The count of steps is from one reported time to the next.
            frame.set_lane("steps", lane, whole(0))
    with frame.when(frame.any(frame.mask("crossing"))):
        frame.set_reals("inside_t", frame.reals("t_new"))
        frame.call_own("interpolate")
        crossing, inside, new = frame.mask("crossing"), frame.array("y_inside"), frame.array("y_new")
        with frame.counting(frame.size("n_states")) as i:
            values = (lanes.load(builder, array, i) for array in (inside, new))
            lanes.store(builder, builder.select(crossing, *values), new, i)
    builder.ret_void()


def _write_give_up(lanes: Lanes) -> None:
    """Write `give_up(table)`: lanes with a doubt hand their patient over and get the next."""
    frame = Frame(lanes, "give_up")
    builder = frame.builder
    with frame.each_lane("active") as lane:
        time, step = frame.lane_real("t", lane), frame.lane_real("h", lane)
        failed = frame.has("rejected", lane)
        still = builder.fcmp_ordered("==", builder.fadd(time, step), time)
        least = builder.fmul(frame.real("end"), DOUBLE(_SMALLEST_STEP))
        vanished = frame.any_of(still, builder.fcmp_unordered("<", step, least))
        doubts = (
            (frame.has("suspect", lane), Suspicion.RESIDUAL),
            (frame.all_of(failed, vanished), Suspicion.STEP_SIZE),
            (
                builder.icmp_signed(">", frame.lane_whole("steps", lane), frame.size("max_steps")),
                Suspicion.STEPS,
            ),
        )
        status = whole(Suspicion.NONE)
        for doubt, suspicion in doubts:
            status = builder.select(doubt, whole(suspicion), status)
        with frame.when(builder.icmp_signed("!=", status, whole(Suspicion.NONE))):
            report_status(frame, frame.lane_whole("patient", lane), status, time)
            for flag in ("active", "accepted", "crossing", "suspect"):
                frame.set_lane(flag, lane, whole(0))
            for flag in ("loading", "arriving"):
                frame.set_lane(flag, lane, whole(-1))
    builder.ret_void()


def _write_commit(lanes: Lanes) -> None:
    """Write `commit(table)`: accepted lanes move on, and arrive where they stop."""
    frame = Frame(lanes, "commit")
    builder = frame.builder
    accepted, crossing = frame.mask("accepted"), frame.mask("crossing")
    t_new = frame.reals("t_new")
    lanes.store(builder, t_new, frame.array("y_new"), frame.size("n_states"))
    watch(frame, "y_new", t_new, accepted)
    y, y_new = frame.array("y"), frame.array("y_new")
    with frame.counting(frame.size("n_states")) as i:
        values = (lanes.load(builder, array, i) for array in (y_new, y))
        lanes.store(builder, builder.select(accepted, *values), y, i)
    frame.set_reals("t", builder.select(accepted, t_new, frame.reals("t")))
    _count_anew(frame)
    at_stop = builder.fcmp_ordered("==", t_new, frame.reals("stop"))
    arrived = frame.all_of(accepted, frame.any_of(at_stop, crossing))
    frame.set_mask("arriving", frame.any_of(frame.mask("arriving"), arrived))
    due = builder.fcmp_ordered("==", t_new, frame.reals("agenda"))
    may_act = frame.all_of(accepted, frame.any_of(crossing, due))
    has_events = frame.builder.icmp_signed("!=", frame.size("has_events"), whole(0))
    with frame.when(has_events):
        frame.set_mask("paused", frame.any_of(frame.mask("paused"), may_act))
    builder.ret_void()


def _count_anew(frame: Frame) -> None:
    """Begin the count of steps anew where a lane has got on by a part of the whole time."""
    lanes, builder = frame.lanes, frame.builder
    t, mark = frame.reals("t"), frame.reals("mark")
    part = builder.fmul(frame.spread("end"), lanes.number(_PART_OF_TIME))
    far = builder.fcmp_ordered(">", builder.fsub(t, mark), part)
    frame.set_reals("mark", builder.select(far, t, mark))
    frame.set_wholes("steps", builder.select(far, lanes.integer(0), frame.wholes("steps")))


def _write_advance(lanes: Lanes) -> None:
    """Write `advance(table)`: steps until all is done, a lane pauses, or the budget is used up."""
    frame = Frame(lanes, "advance", result=INT)
    builder = frame.builder
    head, step, leave = (frame.function.append_basic_block(name) for name in ("head", "step", "leave"))
    builder.branch(head)
    builder.position_at_end(head)
    with frame.when(frame.any(frame.mask("arriving"))):
        frame.call_own("arrive")
    paused = frame.any(frame.mask("paused"))
    idle = builder.not_(frame.any(frame.mask("active")))
    tired = builder.icmp_signed("<=", frame.size("budget"), whole(0))
    reason = builder.select(idle, whole(DONE), whole(BUDGET))
    reason = builder.select(paused, whole(PAUSED), reason)
    builder.cbranch(frame.any_of(paused, idle, tired), leave, step)
    builder.position_at_end(step)
    frame.set_size("budget", builder.sub(frame.size("budget"), whole(1)))
    for part in ("choose", "step", "judge"):
        frame.call_own(part)
    _attend(frame)
    frame.call_own("commit")
    builder.branch(head)
    builder.position_at_end(leave)
    builder.ret(reason)


def _attend(frame: Frame) -> None:
    """What only some steps need: changes of conditions, outputs, doubts."""
    builder = frame.builder
    t_new, accepted = frame.reals("t_new"), frame.mask("accepted")
    has_conditions = builder.icmp_signed(">", frame.size("n_conditions"), whole(0))
    has_minima = builder.icmp_signed(">", frame.size("n_minima"), whole(0))
    reports = frame.all_of(accepted, builder.fcmp_ordered("<=", frame.reals("next_output"), t_new))
    with frame.when(frame.any_of(has_conditions, has_minima, frame.any(reports))):
        frame.call_own("prepare_dense")
        with frame.when(has_conditions):
            frame.call_own("seek_crossings")
        with frame.when(has_minima):
            frame.call_own("seek_minima")
        frame.call_own("report_inside")
    many = builder.icmp_signed(">", frame.wholes("steps"), frame.spread_value(frame.size("max_steps")))
    with frame.when(frame.any(frame.any_of(frame.mask("suspect"), frame.mask("rejected"), many))):
        frame.call_own("give_up")
