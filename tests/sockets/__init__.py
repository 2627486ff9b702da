"""Tests of server/sockets/ over real sockets."""
