"""What one drug of an arm was given: doses at weeks, daily intake, sessions of light, or as labelled."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from koebner.calibration.published.arms import therapy_of
from koebner.calibration.published.names import arm_words, word_pattern
from koebner.calibration.published.regimen_notation import write_regimen
from koebner.calibration.published.schedules import Reading, loading_of, read_schedule
from koebner.calibration.published.tokens import Token, schedule_tokens
from koebner.calibration.published.wordings import plain_words
from koebner.errors import KoebnerError
from koebner.therapies import Agent, Phase, Regimen, Therapy, load

# Two ends of a range that are this close are one dose, a mean of patients: "5.5-5.6 mg/kg".
_ONE_DOSE = 1.2
# Days of a week's sessions of light, by their number.
_SESSION_DAYS = {1: (0,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
_RISES = re.compile(r"titrat|escalat|increas|\bris(?:e|ing)\b|\bup to\b|\bmax|starting dose|adjust")
_MOST = re.compile(r"\bup to \d|\bmax\w* \d")
_CONDITION = re.compile(r"\bif\b|\bas needed\b")
_ROUTES = {
    "subcutaneous": re.compile(r"\bsc\b|\bs\.c\.|\bsubcutaneous"),
    "intravenous": re.compile(r"\biv\b|\bi\.v\.|\bintravenous|\binfusion"),
    "oral": re.compile(r"\boral|\bpo\b|\bp\.o\.|\bby mouth\b"),
}
_NO_LOADING = re.compile(r"\b(?:no|without)\b[a-z ]*\bload")
_MOST_SESSIONS = re.compile(r"\bmax\w*\.?\s*(?:of\s*)?(\d+)\b")


@dataclass(frozen=True, kw_only=True)
class Given:
    """A therapy with its regimen in the notation of one line, empty where that cannot or need not say it."""

    therapy: Therapy
    regimen: str
    assumed: bool


@dataclass(frozen=True, kw_only=True)
class _Text:
    """One text in plain words, with its tokens in the unit of the regimen."""

    plain: str
    tokens: tuple[Token, ...]
    converted: bool

    @property
    def amount(self) -> float | None:
        """The last dose that it names."""
        amounts = [token.numbers[0] for token in self.tokens if token.kind == "amount"]
        return amounts[-1] if amounts else None


def given(therapy_id: str, texts: Sequence[str], *, late: bool = False) -> Given:
    """Return what a drug of the catalogue was given, by the texts of an arm.

    Parameters
    ----------
    therapy_id
        Name in the therapy catalogue.
    texts
        Texts that may tell doses, the most trusted first.
    late
        Whether the first dose may come after week 0, as after a placebo.

    Examples
    --------
    >>> given("ixekizumab", ["80 mg Q4W"]).regimen
    '160@0; 80@4/4'
    """
    (agent,) = load(therapy_id).agents
    labelled = agent.regimen
    if labelled is None:
        return Given(therapy=load(therapy_id), regimen="", assumed=False)
    read = [_text(text, labelled.unit) for text in texts if text.strip()]
    route = _route(" ".join(text.plain for text in read), labelled)
    if agent.kind == "cell product":
        return _as_labelled(therapy_id, route)
    if agent.kind == "phototherapy":
        return _sessions(agent, labelled, read)
    if any(_names_label(text.plain, labelled) for text in read):
        return _as_labelled(therapy_id, route, assumed=False)
    try:
        reading = _reading(agent, labelled, read, late=late)
        if reading is None:
            return _as_labelled(therapy_id, route)
        therapy = therapy_of(therapy_id, reading.regimen, route=route)
    except KoebnerError:  # a dose that the therapy refuses, such as a slip of the pen
        return _as_labelled(therapy_id, route)
    return Given(therapy=therapy, regimen=reading.regimen, assumed=reading.assumed)


def _text(text: str, unit: str) -> _Text:
    plain = plain_words(text)
    tokens = [_single(token) for token in schedule_tokens(plain)]
    converted = [_in_unit(token, unit) for token in tokens]
    return _Text(plain=plain, tokens=tuple(converted), converted=converted != tokens)


def _single(token: Token) -> Token:
    """Return a range whose ends are nearly one dose as that dose."""
    if token.kind != "range" or token.numbers[1] > _ONE_DOSE * token.numbers[0]:
        return token
    return Token(kind="amount", numbers=(sum(token.numbers) / 2, 1.0), unit=token.unit)


def _in_unit(token: Token, unit: str) -> Token:
    """Return an amount in the unit of the regimen, by a usual body weight where one is by weight."""
    if token.kind != "amount" or token.unit in ("", unit) or {token.unit, unit} != {"mg", "mg/kg"}:
        return token
    weight = arm_words().reference_weight.value
    dose = token.numbers[0] * weight if unit == "mg" else token.numbers[0] / weight
    return replace(token, numbers=(dose, *token.numbers[1:]))


def _route(plain: str, labelled: Regimen) -> str | None:
    """Return the route that a text names, where it names one of the therapy's and no other."""
    named = [route for route, words in _ROUTES.items() if words.search(plain)]
    return named[0] if len(named) == 1 and named[0] in labelled.routes else None


def _names_label(plain: str, labelled: Regimen) -> bool:
    """Return whether a text says "as labelled", or names the doses of all bands of body weight."""
    bands = sorted(
        {phase.dose for phase in labelled.phases if phase.above_kg or phase.up_to_kg < float("inf")}
    )
    by_weight = len(bands) > 1 and re.search(r"\b.*\b".join(f"{dose:g}" for dose in bands) + r"\s*mg", plain)
    return bool(by_weight) or word_pattern(arm_words().labelled.words).search(plain) is not None


def _is_band(phase: Phase) -> bool:
    """Return whether a phase is for some body weights only."""
    return phase.above_kg > 0 or phase.up_to_kg < math.inf


def _as_labelled(therapy_id: str, route: str | None, *, assumed: bool = True) -> Given:
    return Given(therapy=load(therapy_id, route=route), regimen="", assumed=assumed)


def _reading(agent: Agent, labelled: Regimen, texts: Sequence[_Text], *, late: bool) -> Reading | None:
    """Return the best reading of the texts; None where only the labelled regimen is left."""
    risen = [text for text in texts if agent.kind == "small molecule" and _rises(text)]
    if not all(_may_stand(text, labelled) for text in risen):
        return None
    texts = [_from_low_end(text) for text in texts]
    amount = next((text.amount for text in texts if text.amount is not None), None)
    daily = all(phase.per_day is not None for phase in labelled.phases)
    readings = []
    for text in texts:
        if daily:
            reading = _daily(text, labelled, amount)
        else:
            loading = None if _NO_LOADING.search(text.plain) else loading_of(agent.id)
            reading = read_schedule(
                text.tokens, labelled, loading, amount=amount, cut_off=text.plain.endswith("..."), late=late
            )
        if reading is not None:
            readings.append(replace(reading, assumed=reading.assumed or text.converted or bool(risen)))
    if not readings:
        return None if amount is None else _dose_alone(agent, labelled, amount)
    return max(readings, key=lambda reading: reading.told)


def _rises(text: _Text) -> bool:
    """Return whether a dose is told that changes with the patient."""
    return any(token.kind == "range" for token in text.tokens) or _RISES.search(text.plain) is not None


def _may_stand(text: _Text, labelled: Regimen) -> bool:
    """Return whether the first dose of a rise stands for all: it rises on a condition, or begins high.

    Otherwise the labelled regimen stands for it.
    """
    if _MOST.search(text.plain) and sum(token.kind == "amount" for token in text.tokens) == 1:
        return False
    last = labelled.phases[-1]
    high = last.dose * (last.per_day or 1 if labelled.unit == "mg/kg" else 1)
    first = next((token.numbers[0] for token in text.tokens if token.kind in ("amount", "range")), 0.0)
    return first >= high or _CONDITION.search(text.plain) is not None


def _from_low_end(text: _Text) -> _Text:
    """Return a text with its ranges as their low end, and without the doses of a later rise."""
    if not _rises(text):
        return text
    doses = [token for token in text.tokens if token.kind in ("amount", "range")]
    kept = [token for token in text.tokens if token not in doses[1:] or token is doses[0]]
    low = [
        replace(token, kind="amount", numbers=(token.numbers[0], 1.0)) if token in doses else token
        for token in kept
    ]
    return replace(text, tokens=tuple(low))


def _daily(text: _Text, labelled: Regimen, other: float | None) -> Reading | None:
    """Return what is said of daily intake."""
    times = [token.numbers[0] for token in text.tokens if token.kind == "daily" and token.numbers]
    a_day = any(token.kind == "daily" and not token.numbers for token in text.tokens)
    first = labelled.phases[0]
    usual = first.per_day or 1
    if labelled.unit == "application":
        until = first.until_week
        phase = Phase(dose=first.dose, per_day=int(times[-1]) if times else usual, until_week=until)
        return Reading(regimen=write_regimen([phase]), assumed=not times, told=2 if times else 0)
    amounts = [token.numbers[0] for token in text.tokens if token.kind == "amount"]
    folds = [token.numbers[1] for token in text.tokens if token.kind == "amount" and token.numbers[1] > 1]
    times = times or folds[:1]  # "2 x 30 mg daily"
    dose = amounts[0] if amounts else other
    if dose is None or not (times or a_day or amounts):
        return None
    # Doses by body weight, and "60 mg/day", are those of a whole day.
    whole_day = (a_day and not folds) or (labelled.unit == "mg/kg" and not times)
    per_day = times[-1] if times else usual
    if per_day < 1:  # every other day: half as much daily
        dose, per_day = dose * per_day, 1
    dose = dose / per_day if whole_day else dose
    if not (times or a_day) and labelled.unit != "mg/kg" and dose == first.dose:
        return None
    until = next((token.numbers[0] for token in text.tokens if token.kind == "until"), None)
    phase = Phase(dose=dose, per_day=int(per_day), until_week=until)
    told = bool(times or a_day)
    return Reading(regimen=write_regimen([phase]), assumed=not told or 0.5 in times, told=2 if told else 1)


def _dose_alone(agent: Agent, labelled: Regimen, amount: float) -> Reading | None:
    """Return the labelled schedule with another dose; None where the dose is a labelled one for everybody."""
    loading = loading_of(agent.id)
    phases = labelled.phases
    if any(_is_band(phase) for phase in phases):
        changed = labelled.changed(dose=amount).phases
        return Reading(regimen=write_regimen(changed), assumed=True, told=1)
    if any(abs(phase.dose - amount) < 1e-9 for phase in phases):
        return None
    if len(phases) == 1 and loading is not None and phases[0].every_weeks is not None:
        tokens = (
            Token(kind="amount", numbers=(amount, 1.0)),
            Token(kind="every", numbers=(phases[0].every_weeks,)),
        )
        return read_schedule(tokens, labelled, loading)
    if any(phase.on_days != (0,) for phase in phases):
        phases = tuple(_without_days(phase) for phase in phases)
    factor = amount / phases[-1].dose
    scaled = [phase.model_copy(update={"dose": phase.dose * factor}) for phase in phases]
    return Reading(regimen=write_regimen(scaled), assumed=True, told=1)


def _without_days(phase: Phase) -> Phase:
    """Return doses on days of a week as doses at an even interval, which the notation can say."""
    every = (phase.every_weeks or 1.0) / len(phase.on_days)
    return phase.model_copy(update={"every_weeks": every, "on_days": (0,)})


def _sessions(agent: Agent, labelled: Regimen, texts: Sequence[_Text]) -> Given:
    """Return light by the sessions a week and their largest number that the texts tell."""
    every = [token.numbers[0] for text in texts for token in text.tokens if token.kind == "every"]
    number = round(1 / every[0]) if every and every[0] <= 1 else None
    if number not in _SESSION_DAYS:
        return _as_labelled(agent.id, None)
    (first, *_) = labelled.phases
    most = [int(found[1]) for text in texts if (found := _MOST_SESSIONS.search(text.plain))]
    all_sessions = most[0] if most else len(labelled.planned(first.until_week or 0.0))
    until = (all_sessions - 1) // number + 1
    days = _SESSION_DAYS[number]
    phase = first.model_copy(update={"on_days": days, "until_week": float(until)})
    own = replace(agent, regimen=replace(labelled, phases=(phase,)))
    return Given(therapy=Therapy(agents=(own,)), regimen="", assumed=False)
