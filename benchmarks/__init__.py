"""Measurements, run by `make bench` and written to `benchmarks/results.md`."""
