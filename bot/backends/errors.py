"""The ways a backend fails: it may have acted, or it certainly has not."""


class BackendUnavailable(Exception):
    """It did not answer, or not clearly: it may have acted. Look before doing it again."""


class BackendNotReached(BackendUnavailable):
    """The order never left: it certainly has not acted, and the next try is as good as the first."""


class BackendRefused(Exception):
    """It said no and nothing happened. `code` is a word of ours, `why` is for staff."""

    def __init__(self, code: str, why: str):
        super().__init__(why)
        self.code = code
        self.why = why
