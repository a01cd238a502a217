from koebner import therapies
from koebner.disease import load_model
from koebner.populations import load_population
from koebner.reports import cite
from koebner.trials import Trial


def test_cite_returns_the_sources_behind_every_arm_once() -> None:
    arms = {
        "low": therapies.load("uc_msc", cells_per_kg=1e6),
        "high": therapies.load("uc_msc", cells_per_kg=3e6),
        "placebo": therapies.load("placebo"),
    }
    trial = Trial(arms=arms, n_per_arm=1, visits=[4], seed=1, parameter_draws=0)
    text = cite(trial.run(load_model(), load_population()))
    assert text.count("10.1038/s41392-022-01059-y") == 1  # Cheng 2022
    assert text.count("10.1159/000509295") == 1  # placebo arms, Ambikaibalan 2021
    assert text.startswith("@article{")
