"""An OpenAI-compatible model server on loopback: strict about requests, scriptable in its answers."""
