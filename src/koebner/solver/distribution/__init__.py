"""Patients in shards: more than the memory holds, and on more than one computer."""
