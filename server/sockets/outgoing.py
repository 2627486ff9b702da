"""What waits to be sent on one socket: bounded, and then emptied; what is ephemeral keeps its latest only."""

from __future__ import annotations

MOST_FRAMES = 256
MOST_BYTES = 512 * 1024
MOST_WHISPERS = 64
BEHIND = b'{"type":"behind"}'


class Outgoing:
    """Answers and events in order, whispers (ephemeral frames) after them by key.

    Mostly empty, and never long: a list is smaller than a deque by half a KiB of every line.
    """

    __slots__ = ("_bytes", "_frames", "_whispers")

    def __init__(self) -> None:
        self._frames: list[tuple[bytes, bool]] = []
        self._bytes = 0
        self._whispers: dict[object, bytes] = {}

    def __len__(self) -> int:
        return len(self._frames) + len(self._whispers)

    def answer(self, frame: bytes) -> bool:
        """An answer to a request: survives the emptying. False when the queue ran over."""
        return self._put(frame, keep=True)

    def event(self, frame: bytes) -> bool:
        """A durable event: the client can ask for it again. False when the queue ran over."""
        return self._put(frame, keep=False)

    def whisper(self, key: object, frame: bytes) -> None:
        """Replaces an unsent one of the same key; the oldest is dropped when there are too many."""
        self._whispers.pop(key, None)
        if len(self._whispers) >= MOST_WHISPERS:
            del self._whispers[next(iter(self._whispers))]
        self._whispers[key] = frame

    def next(self) -> bytes | None:
        """What goes out now."""
        if self._frames:
            frame, _ = self._frames.pop(0)
            self._bytes -= len(frame)
            return frame
        elif self._whispers:
            return self._whispers.pop(next(iter(self._whispers)))
        else:
            return None

    def some(self, budget: int) -> list[bytes]:
        """What goes out now in one go: at least one frame if there is any, then as many as the bytes allow."""
        taken = []
        while budget > 0 and (frame := self.next()) is not None:
            taken.append(frame)
            budget -= len(frame)
        return taken

    def empty(self) -> None:
        """Nothing more goes out."""
        self._frames.clear()
        self._whispers.clear()
        self._bytes = 0

    def _put(self, frame: bytes, *, keep: bool) -> bool:
        self._frames.append((frame, keep))
        self._bytes += len(frame)
        if len(self._frames) <= MOST_FRAMES and (self._bytes <= MOST_BYTES or len(self._frames) == 1):
            return True
        self._frames = [*self._newest_answers(), (BEHIND, True)]
        self._bytes = sum(len(kept) for kept, _ in self._frames)
        self._whispers.clear()
        return False

    def _newest_answers(self) -> list[tuple[bytes, bool]]:
        """Half the room at most, so that the queue takes something again."""
        answers: list[tuple[bytes, bool]] = []
        room = MOST_BYTES // 2
        for frame, keep in reversed(self._frames):
            room -= len(frame) if keep else 0
            if room < 0 or len(answers) == MOST_FRAMES // 2:
                break
            if keep and frame is not BEHIND:
                answers.append((frame, True))
        return answers[::-1]
