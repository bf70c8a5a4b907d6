"""Vectors from any OpenAI-compatible /embeddings endpoint, for the router's examples and for the documents."""

from openai import AsyncOpenAI, Timeout

from agents_team.config import TeamConfig
from agents_team.models.provider import CONNECT_SECONDS, OPENAI
from agents_team.routing.embedded import EmbeddedExamples
from agents_team.routing.examples import load_examples
from agents_team.vectors import VectorHome

SECONDS = 10.0
RETRIES = 1


class Embeddings:
    """One endpoint and model; what it said of the examples is kept in `home`, which all processes share."""

    def __init__(self, config: TeamConfig, home: VectorHome):
        self.model = config.embedding_name
        self._client = AsyncOpenAI(
            base_url=config.embedding_base_url or OPENAI,
            api_key=config.embedding_api_key or "none",
            max_retries=RETRIES,
            timeout=Timeout(SECONDS, connect=CONNECT_SECONDS),
        )
        self._examples: EmbeddedExamples | None = None
        self._home = home

    @classmethod
    def of(cls, config: TeamConfig, home: VectorHome) -> "Embeddings | None":
        """None when no embedding model is named."""
        return cls(config, home) if config.embedding_name else None

    def of_examples(self) -> EmbeddedExamples:
        """The shipped examples by meaning."""
        if self._examples is None:
            self._examples = EmbeddedExamples(self.embed, self.model, self._home, load_examples())
        return self._examples

    async def close(self) -> None:
        """Give the connections back."""
        if self._examples is not None:
            await self._examples.close()
        await self._client.close()

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in the same order. Raises openai.APIError when the endpoint does not answer."""
        answer = await self._client.embeddings.create(model=self.model, input=texts, encoding_format="float")
        return [row.embedding for row in sorted(answer.data, key=lambda row: row.index)]
