"""Pure: from what a mail shall say to its bytes. All of it is ASCII, so that no server on the way has to change it."""
