"""The outermost layer: command line, settings, wiring, routes, pages, sockets."""
