"""Mail that leaves over sockets."""
