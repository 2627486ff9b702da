"""Benchmarks: the promises of speed as ratios to baselines of the same run. Nothing of the product imports this."""
