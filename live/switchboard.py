"""Topics and receivers of this process. Knows nothing of other processes."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from live.base import Published, Receiver

log = logging.getLogger(__name__)


class Switchboard:
    """Who follows what here."""

    def __init__(self) -> None:
        self._receivers: dict[str, dict[Receiver, None]] = {}

    def follow(self, topic: str, receiver: Receiver) -> bool:
        """True when the topic is new here."""
        followers = self._receivers.get(topic)
        if followers is None:
            self._receivers[topic] = {receiver: None}
            return True
        else:
            followers[receiver] = None
            return False

    def unfollow(self, topic: str, receiver: Receiver) -> bool:
        """True when nobody here follows the topic any more."""
        followers = self._receivers.get(topic)
        if followers is None:
            return False
        followers.pop(receiver, None)
        if followers:
            return False
        del self._receivers[topic]
        return True

    def topics(self) -> list[str]:
        return list(self._receivers)

    def __contains__(self, topic: str) -> bool:
        return topic in self._receivers

    def __len__(self) -> int:
        return len(self._receivers)

    def deliver(self, items: Iterable[Published]) -> None:
        """Each item once to each receiver, in order; what a receiver follows meanwhile counts from the next item."""
        for item in items:
            for receiver in self._followers(item.topics):
                try:
                    receiver(item)
                except Exception:  # one broken receiver must not cost the others their frame
                    log.exception("live.receiver_failed kind=%s stream=%s", item.kind, item.stream)

    def _followers(self, topics: tuple[str, ...]) -> Iterable[Receiver]:
        if len(topics) == 1:
            return tuple(self._receivers.get(topics[0], ()))
        else:
            return {receiver: None for topic in topics for receiver in self._receivers.get(topic, ())}
