"""The command line: thin; parses, calls the public functions, prints."""
