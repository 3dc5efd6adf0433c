"""Measured figures, one file each: `python -m bench` makes them all, `python -m bench NAME ...` some."""
