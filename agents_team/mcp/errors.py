"""How a call of another program's tool fails."""


class McpUnavailable(Exception):
    """The server is away or did not answer in time. `sent`: it may have got the call and acted on it."""

    def __init__(self, why: str, *, sent: bool):
        super().__init__(why)
        self.sent = sent


class McpRefused(Exception):
    """The server answered, and its answer is that it did not do it. The text is the server's, cut short."""
