"""Frozen fits against trials, beside trivial comparators, judged by the marks of the protocol."""
