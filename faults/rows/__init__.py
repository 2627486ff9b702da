"""The rows, each file by itself: faults.frame imports them all."""
