"""What every section is made of: it refuses unknown names and later changes."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def split(value: Any) -> Any:
    """Lists may be written with commas, so that one environment variable can hold one."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(split)]


class Section(BaseModel):
    """A part of the settings that refuses unknown names and later changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
