"""What to cite: the sources behind a result, as BibTeX."""

from koebner.disease import load_pack, pack_of
from koebner.evidence import bibtex, load_sources, study
from koebner.therapies.entries import entry
from koebner.trials import Outcome


def cite(outcome: Outcome) -> str:
    """Return the BibTeX of all that an outcome rests on.

    That is the studies behind each arm, the sources of the therapies' numbers and those of the
    disease's parameters, each once.

    Examples
    --------
    >>> import koebner as kb
    >>> trial = kb.Trial(arms={"cells": kb.therapies.load("uc_msc")}, n_per_arm=1, visits=[4], seed=1,
    ...                  parameter_draws=0)
    >>> "10.1038/s41392-022-01059-y" in kb.cite(trial.run(kb.load_model(), kb.load_population()))
    True
    """
    keys = [row.source for row in load_pack(pack_of(outcome.record.model))]
    for arm in outcome.record.arms:
        keys += [source.key for name in arm.studies for source in study(name).sources]
        keys += [value.source for agent in arm.agents for value in entry(agent.id).numbers.values()]
    known = load_sources()
    return bibtex(key for key in keys if key in known)
