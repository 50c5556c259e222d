"""A clock of seconds that the test moves."""


class Monotonic:
    """Seconds that pass when the test moves them, or by `step` at each look."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        self.seconds += self.step
        return self.seconds
