"""One conversation with the server that takes our mail: typed steps, typed outcomes for each recipient."""
