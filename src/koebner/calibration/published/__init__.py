"""Tables of published trials: reviewed arms, and a reader of arms in words that it has never seen."""
