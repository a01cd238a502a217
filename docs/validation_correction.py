"""The part of a page of validation on the correction of a fit for use by arms like the one that is asked."""

import pandas as pd

FIRST_WEEK, LAST_WEEK = 10, 16
COLUMN = "model_alone"


def correction_section(arms: pd.DataFrame) -> list[str]:
    """Return what the correction is and what it changes; nothing for a fit that has none."""
    if COLUMN not in arms.columns or arms[COLUMN].isna().all():
        return []
    rows = arms[
        arms[COLUMN].notna()
        & arms["endpoint"].isin(["PASI75", "PASI90"])
        & arms["week"].between(FIRST_WEEK, LAST_WEEK)
        & (arms["group"] != "placebo")
    ]
    told = (
        "This fit is for use: the rate that the model gives is moved by what the model misses of published "
        f"arms like the one that is asked. `{COLUMN}` in `arms.csv`, *model alone* below, is the rate before."
    )
    if len(rows):
        alone = (rows[COLUMN] - rows["observed"]).abs().mean()
        corrected = (rows["predicted"] - rows["observed"]).abs().mean()
        met = int(rows["met_by_fit"].sum())
        told += (
            f" On {len(rows)} PASI75 and PASI90 rows of active arms at weeks {FIRST_WEEK} to {LAST_WEEK} the "
            f"mean absolute error is {alone:.1f} points for the model alone and {corrected:.1f} points with "
            f"the correction; the fit has met {met} of these rows, so that this is no test of it."
        )
    return ["## The correction by like arms\n", f"{told}\n"]
