"""The small language the Block Kit tables are written in: each rule yields what is wrong and where."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Rule(Protocol):
    """Something a JSON value must be."""

    def check(self, value: Any, at: str) -> Iterator[str]:
        """Complaints in Slack's manner, each with the JSON pointer `at` which it holds."""
        ...


def complaint(what: str, at: str) -> str:
    return f"{what} [json-pointer:{at}]"


@dataclass(frozen=True, slots=True)
class Str:
    """A text of `least` to `most` characters, wholly matching `pattern` when there is one."""

    most: int
    least: int = 1
    pattern: str = ""

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield complaint("must be a string", at)
        elif len(value) < self.least:
            yield complaint(f"must be more than {self.least - 1} characters", at)
        elif len(value) > self.most:
            yield complaint(f"must be less than {self.most + 1} characters", at)
        elif self.pattern and not re.fullmatch(self.pattern, value):
            yield complaint("must match a valid pattern", at)


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false, and not 1 or "true"."""

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield complaint("must be a boolean", at)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int = 0
    most: int = 2**53

    def check(self, value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            yield complaint(f"must be a whole number from {self.least} to {self.most}", at)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, value: Any, at: str) -> Iterator[str]:
        if value not in self.words:
            yield complaint(f"must be one of {', '.join(self.words)}", at)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of `least` to `most` things that all obey `each`."""

    each: Rule
    most: int
    least: int = 1

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield complaint("must be an array", at)
            return
        if len(value) < self.least:
            yield complaint(f"no fewer than {self.least} items allowed", at)
        if len(value) > self.most:
            yield complaint(f"no more than {self.most} items allowed", at)
            return
        for index, item in enumerate(value):
            yield from self.each.check(item, f"{at}/{index}")


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these fields and no others: the `required` ones, and at least one of `any_of`."""

    fields: Mapping[str, Rule]
    required: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield complaint("must be an object", at)
            return
        for name in self.required:
            if name not in value:
                yield complaint(f"missing required field: {name}", at)
        if self.any_of and not any(name in value for name in self.any_of):
            yield complaint(f"must define one of: {', '.join(self.any_of)}", at)
        for name, inner in value.items():
            if name == "type":
                continue
            if name not in self.fields:
                yield complaint(f"invalid additional property: {name}", at)
            elif inner is None:
                yield complaint("must not be null", f"{at}/{name}")
            else:
                yield from self.fields[name].check(inner, f"{at}/{name}")


@dataclass(frozen=True, slots=True)
class ByType:
    """An object whose `type` chooses its shape."""

    shapes: Mapping[str, Rule] = field(default_factory=dict)

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield complaint("must be an object", at)
        elif not isinstance(value.get("type"), str):
            yield complaint("missing required field: type", at)
        elif value["type"] not in self.shapes:
            yield complaint(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            yield from self.shapes[value["type"]].check(value, at)

    def only(self, *types: str) -> "ByType":
        """The same choice narrowed to `types`."""
        return ByType({name: self.shapes[name] for name in types})
