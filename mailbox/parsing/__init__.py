"""Reads mail: bytes in, dataclasses out. No clock, no record, no network; one mail never knows of another."""
