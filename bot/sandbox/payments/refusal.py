"""Why a request is refused, in the shape of Stripe's error object."""

from typing import Any


class Refusal(Exception):
    """An error answer (https://docs.stripe.com/api/errors). `executed`: the work had begun, so a key remembers it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "",
        param: str = "",
        kind: str = "invalid_request_error",
        executed: bool = False,
    ):
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.kind = kind
        self.executed = executed

    def body(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.kind}
        if self.code:
            error |= {
                "code": self.code,
                "doc_url": f"https://docs.stripe.com/error-codes/{self.code.replace('_', '-')}",
            }
        if self.param:
            error["param"] = self.param
        return {"error": error}


def missing(what: str, ident: str, param: str, *, executed: bool = False) -> Refusal:
    """Nothing of that kind has this id."""
    message = f"No such {what}: '{ident}'"
    return Refusal(message, status=404, code="resource_missing", param=param, executed=executed)
