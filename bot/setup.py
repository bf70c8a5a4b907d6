"""Writes a settings file for people: every option with its reason, what was chosen, and the rest as comments."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.settings import Settings
from bot.settings_load import mapping_value, model_in

Tree = Mapping[str, Any]
HEAD = """\
# The settings of this helpdesk. Lines that begin with # show what else there is, with its default.
# Any of them may come from the environment instead: HELPDESK_SLACK__BOT_TOKEN, or HELPDESK_SLACK__BOT_TOKEN_FILE.
# After a change: helpdesk doctor
"""


def settings_file(chosen: Tree) -> str:
    """The whole file as TOML, with `chosen` (shaped like the file itself) set and everything else explained."""
    return HEAD + "".join(f"\n{line}" for line in _section(Settings, chosen, ())) + "\n"


def _section(model: type[BaseModel], chosen: Tree, path: tuple[str, ...]) -> Iterator[str]:
    """First what stands in this table itself, then its tables: TOML knows no way back."""
    for name, field in model.model_fields.items():
        if not _is_table(field):
            yield from _leaf(name, field, chosen)
    for name, field in model.model_fields.items():
        if _is_table(field):
            yield from _table(name, field, chosen.get(name), (*path, name))


def _is_table(field: FieldInfo) -> bool:
    return model_in(field.annotation) is not None or mapping_value(field.annotation) is not None


def _leaf(name: str, field: FieldInfo, chosen: Tree) -> Iterator[str]:
    why = f"   # {field.description}" if field.description else ""
    if name in chosen:
        yield f"{name} = {toml_value(chosen[name])}{why}"
    else:
        yield f"# {name} = {_example(field)}{why}"


def _table(name: str, field: FieldInfo, chosen: Any, path: tuple[str, ...]) -> Iterator[str]:
    mapped = mapping_value(field.annotation)
    if mapped is not None:
        for key, value in (chosen or {}).items():
            yield from ("", f"[{'.'.join((*path, toml_key(key)))}]   # {mapped.__doc__}")
            yield from _section(mapped, value, (*path, key))
        if not chosen:
            yield from ("", f"# [{'.'.join(path)}.NAME]   # {field.description}")
        return
    model = model_in(field.annotation)
    assert model is not None
    if chosen is None and field.default is None:
        yield from ("", f"# [{'.'.join(path)}]   # {field.description}")
        return
    yield from ("", f"[{'.'.join(path)}]   # {(model.__doc__ or '').strip().partition(chr(10))[0]}")
    yield from _section(model, chosen or {}, path)


def _example(field: FieldInfo) -> str:
    """The default; for what has none, an empty value of its kind."""
    if field.is_required() or field.default is None:
        return "…"
    return toml_value(field.get_default(call_default_factory=True))


def toml_key(key: str) -> str:
    """A key, quoted when TOML wants it so."""
    bare = key and all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in key)
    return key if bare else json.dumps(key)


def toml_value(value: Any) -> str:
    """One value as TOML. Secrets are written out: the file is for their owner alone."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case SecretStr():
            return toml_value(value.get_secret_value())
        case Decimal():
            return json.dumps(str(value))
        case list() | tuple():
            return "[" + ", ".join(toml_value(item) for item in value) + "]"
        case dict() if not value:
            return "{}"
        case dict():
            return "{ " + ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    return json.dumps(str(value), ensure_ascii=False)


def choices_of(annotation: Any) -> str:
    """What may be set, in words: the members of a Literal, or the name of the type."""
    if get_origin(annotation) in (Mapping, dict):
        return f"table of {choices_of(get_args(annotation)[1])}"
    options = [option for option in get_args(annotation) or (annotation,) if option is not type(None)]
    if get_origin(annotation) is not None and all(isinstance(option, str) for option in options):
        return " | ".join(str(option) for option in options)
    return " | ".join(choices_of(option) if get_args(option) else _type_name(option) for option in options)


def _type_name(kind: Any) -> str:
    names = {"SecretStr": "secret text", "str": "text", "int": "whole number", "float": "number", "bool": "true/false"}
    name = getattr(kind, "__name__", str(kind))
    return {**names, "Decimal": "amount", "Mapping": "table", "ellipsis": "…"}.get(name, name)


def settings_table() -> str:
    """Every setting as Markdown, for deploy/SETTINGS.md; a test keeps that file equal to this."""
    lines = [
        "# Settings",
        "",
        "One TOML file (`helpdesk.toml`, or the one `HELPDESK_CONFIG` names) and the environment over it. A setting",
        "`a.b` is `b` in the section `[a]`, or the variable `HELPDESK_A__B`, or `HELPDESK_A__B_FILE`, which names a",
        "file that holds the value. Lists may be written with commas. A typo anywhere is an error. `helpdesk config",
        "show --origin` says what is set and where; `helpdesk config docs` prints this page.",
    ]
    return "\n".join([*lines, *_sections_table(Settings, ())]) + "\n"


def _sections_table(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    leaves = [(name, field) for name, field in model.model_fields.items() if not _is_table(field)]
    if leaves:
        yield from ("", f"## {'.'.join(path)}", "", " ".join((model.__doc__ or "").split()), "")
        yield from ("| setting | what may be set | default | why |", "|---|---|---|---|")
        for name, field in leaves:
            default = (
                "(must be set)" if field.is_required() else "none" if field.default is None else f"`{_example(field)}`"
            )
            kind = choices_of(field.annotation).replace("|", "\\|")
            yield f"| `{'.'.join((*path, name))}` | {kind} | {default} | {field.description} |"
    for name, field in model.model_fields.items():
        inner, mapped = model_in(field.annotation), mapping_value(field.annotation)
        if mapped is not None:
            yield from _sections_table(mapped, (*path, name, "<name>"))
        elif inner is not None:
            yield from _sections_table(inner, (*path, name))
