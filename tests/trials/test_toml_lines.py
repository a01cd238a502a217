from koebner.trials.toml_lines import key_lines, nearest_line

TEXT = """# a comment with = and [brackets]
[trial]
seed = 1
visits_weeks = [
  0,
  4,
]

[arms."UC-MSC, low"]
therapy = "uc_msc"
"weeks" = [0]
[arms.placebo]  # the other arm
therapy.name = "placebo"
"""


def test_keys_and_tables_have_the_line_they_stand_on() -> None:
    lines = key_lines(TEXT)
    assert lines["trial",] == 2
    assert lines["trial", "visits_weeks"] == 4
    assert lines["arms", "UC-MSC, low", "weeks"] == 11
    assert lines["arms", "placebo"] == 12
    assert lines["arms", "placebo", "therapy", "name"] == 13


def test_what_has_no_line_is_placed_at_the_table_around_it() -> None:
    lines = key_lines(TEXT)
    assert nearest_line(lines, ("arms", "placebo", "route")) == 12
    assert nearest_line(lines, ("population", "name")) == 1
