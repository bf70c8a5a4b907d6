"""The server's routes: the two APIs, models, embeddings, and the controls for tests."""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator

from aiohttp import web

from bot.sandbox.faults import FaultPlan, add_fault_routes, serve_with_fault
from bot.sandbox.model import brain, chat, responses
from bot.sandbox.model.conversation import Asked, Json, Refused, Said
from bot.sandbox.model.embeddings import embed
from bot.sandbox.model.script import Rule, Script

KEY = "sk-sandbox"
MODELS = ("sandbox-small", "sandbox-large", "sandbox-embedding")

LARGEST_REQUEST = 20 * 1024 * 1024

Reader = Callable[[Json, frozenset[str]], Asked]
Writer = Callable[[Asked, Said], Json]
Streamer = Callable[[Json, Json], Iterator[str]]


class ModelServer:
    """One server: a key, some models, a script, a plan of faults, and a log of every request."""

    def __init__(
        self, *, key: str = KEY, models: Iterable[str] = MODELS, think: Callable[[Asked], Said] = brain.answer
    ):
        """`think` answers what no rule of the script answers."""
        self._key = key
        self._think = think
        self._models = frozenset(models)
        self._script = Script()
        self._faults = FaultPlan()
        self._log: list[Json] = []

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_post("/v1/responses", self._guarded("responses", self._responses))
        app.router.add_post("/v1/chat/completions", self._guarded("chat.completions", self._chat))
        app.router.add_post("/v1/embeddings", self._guarded("embeddings", self._embeddings))
        app.router.add_get("/v1/models", self._guarded("models", self._list_models))
        app.router.add_post("/_control/script", self._add_rules)
        app.router.add_delete("/_control/script", self._clear_rules)
        app.router.add_get("/_control/log", self._show_log)
        app.router.add_delete("/_control/log", self._clear_log)
        add_fault_routes(app, self._faults)
        return app

    # ------------------------------------------------------------------ the service

    def _guarded(
        self, operation: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler behind the key, the log and the faults; a refusal in the shape of the real thing."""

        async def answer(request: web.Request) -> web.StreamResponse:
            entry: Json = {"operation": operation, "body": await self._body(request), "status": None}
            self._log.append(entry)
            try:
                self._check_key(request)
                response = await handler(request)
            except Refused as refused:
                response = web.json_response(refused.body, status=refused.status)
            entry["status"] = response.status
            return response

        async def serve(request: web.Request) -> web.StreamResponse:
            planned = self._faults.take(operation)
            return await answer(request) if planned is None else await serve_with_fault(planned, request, answer)

        return serve

    async def _body(self, request: web.Request) -> Json | None:
        if request.method != "POST":
            return None
        try:
            body = await request.json()
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _check_key(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            raise Refused(401, "You didn't provide an API key.")
        if given != self._key:
            raise Refused(401, f"Incorrect API key provided: {given[:3]}***.", code="invalid_api_key")

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, responses.read_request, responses.write_answer, _responses_events)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, chat.read_request, chat.write_answer, _chat_events)

    async def _answer(self, request: web.Request, read: Reader, write: Writer, stream: Streamer) -> web.StreamResponse:
        body = await self._needed_body(request)
        asked = read(body, self._models)
        rule = self._script.take(asked)
        if rule is not None and ({"status", "body"} & set(rule.respond)):
            return _scripted(rule.respond)
        said = rule.said() if rule is not None else self._think(asked)
        answer = write(asked, said)
        return await _send_events(request, stream(answer, body)) if body.get("stream") else web.json_response(answer)

    async def _needed_body(self, request: web.Request) -> Json:
        body = await self._body(request)
        if body is None:
            raise Refused(400, "We could not parse the JSON body of your request.")
        return body

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(embed(await self._needed_body(request), self._models))

    async def _list_models(self, _: web.Request) -> web.StreamResponse:
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "sandbox"} for name in sorted(self._models)]
        return web.json_response({"object": "list", "data": data})

    # ------------------------------------------------------------------ the controls

    async def _add_rules(self, request: web.Request) -> web.Response:
        try:
            self._script.add([Rule(**rule) for rule in await request.json()])
        except (TypeError, ValueError) as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True})

    async def _clear_rules(self, _: web.Request) -> web.Response:
        self._script.clear()
        return web.json_response({"ok": True})

    async def _show_log(self, _: web.Request) -> web.Response:
        return web.json_response(self._log)

    async def _clear_log(self, _: web.Request) -> web.Response:
        self._log.clear()
        return web.json_response({"ok": True})


def _responses_events(answer: Json, _: Json) -> Iterator[str]:
    return responses.write_events(answer)


def _chat_events(answer: Json, body: Json) -> Iterator[str]:
    options = body.get("stream_options") or {}
    return chat.write_events(answer, with_usage=bool(options.get("include_usage")))


def _scripted(respond: Json) -> web.Response:
    """An error, or bytes, exactly as the rule says."""
    status, headers = respond.get("status", 200), respond.get("headers", {})
    text = respond.get("body")
    if text is None:
        text = json.dumps({"error": respond.get("error", {"message": f"status {status}", "type": "server_error"})})
    return web.Response(status=status, text=text, headers=headers, content_type="application/json")


async def _send_events(request: web.Request, events: Iterator[str]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for event in events:
        await response.write(event.encode())
    await response.write_eof()
    return response
