"""The rules of the desk: pure functions over instants and facts; no clock, no await, no third party, no I/O."""
