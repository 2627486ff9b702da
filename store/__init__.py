"""The record: what survives everything. SQL lives here and nowhere else."""
