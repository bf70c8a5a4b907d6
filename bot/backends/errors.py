"""The two ways a backend fails: it may have acted, or it certainly has not."""


class BackendUnavailable(Exception):
    """It did not answer, or not clearly: it may have acted. Look before doing it again."""


class BackendRefused(Exception):
    """It said no and nothing happened. `code` is a word of ours, `why` is for staff."""

    def __init__(self, code: str, why: str):
        super().__init__(why)
        self.code = code
        self.why = why
