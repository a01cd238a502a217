"""From published trials to parameter sets, and from parameter sets to trials they have not seen.

`protocol.toml` says what is fitted to what, what is held out, and which marks decide.
"""
