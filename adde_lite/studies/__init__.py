"""Tables over many runs, too dear for a notebook: made by `make study`, recorded in data/results, one study a file."""
