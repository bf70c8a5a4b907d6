"""Reads helpdesk.toml and HELPDESK_… variables into Settings, and says clearly what is wrong with them."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bot.errors import SettingsError
from bot.settings import Settings

PREFIX = "HELPDESK_"
OURS = frozenset({"HELPDESK_CONFIG"})
"""Variables of this prefix that are not settings."""

Path_ = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings and, for each one that was set, where it came from ("helpdesk.toml", "HELPDESK_…")."""

    settings: Settings
    origins: Mapping[Path_, str]


def load(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Loaded:
    """Read `file` (default: $HELPDESK_CONFIG, else ./helpdesk.toml if there is one), then the environment over it.

    Raises SettingsError naming every wrong setting, its origin and the nearest right name.
    """
    environment = os.environ if environment is None else environment
    chosen = chosen_file(file, environment)
    explicit = file is not None or "HELPDESK_CONFIG" in environment
    tree = _read_file(chosen, explicit)
    origins = {path: str(chosen) for path, _ in _leaves(tree)}
    problems: list[str] = []
    for name, value in sorted(environment.items()):
        if name.startswith(PREFIX) and name not in OURS and not name.startswith("HELPDESK_TEST_"):
            _overlay(tree, origins, name, value, problems)
    return _loaded(tree, origins, problems)


def parse(text: str, *, origin: str) -> Loaded:
    """The settings in the text of a file, without any environment. Raises SettingsError as `load` does."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{origin}: not valid TOML: {error}") from error
    return _loaded(tree, {path: origin for path, _ in _leaves(tree)}, [])


def _loaded(tree: dict[str, Any], origins: dict[Path_, str], problems: list[str]) -> Loaded:
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        problems += [_explain(detail, origins) for detail in error.errors()]
    if problems:
        raise SettingsError("\n".join(dict.fromkeys(problems)))
    return Loaded(settings, origins)


def chosen_file(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Path:
    """The settings file `load` reads, whether it exists or not."""
    environment = os.environ if environment is None else environment
    return file or Path(environment.get("HELPDESK_CONFIG", "helpdesk.toml"))


def _read_file(file: Path, explicit: bool) -> dict[str, Any]:
    if not file.exists():
        if explicit:
            raise SettingsError(f"{file}: there is no such file")
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error


def _leaves(tree: Mapping[str, Any], path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _overlay(tree: dict[str, Any], origins: dict[Path_, str], name: str, value: str, problems: list[str]) -> None:
    """Put one environment variable over the tree; `…_FILE` names a file that holds the value."""
    path = _path_of(name)
    if path is None and name.endswith("_FILE"):
        path = _path_of(name.removesuffix("_FILE"))
        try:
            value = Path(value).read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
            problems.append(f"{name}: cannot read the file {value}: {why}")
            return
    if path is None:
        problems.append(f"{name}: no such setting{_nearest(name, known_variables())}")
        return
    node = tree
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            problems.append(f"{name}: {part} is not a section in the file")
            return
    node[path[-1]] = value
    origins[path] = name


def _path_of(name: str) -> Path_ | None:
    """HELPDESK_MAIL__IMAP__main__HOST -> ("mail", "imap", "main", "host"); None when no such setting can exist."""
    path: list[str] = []
    model: type[BaseModel] | None = Settings
    for part in name.removeprefix(PREFIX).split("__"):
        if model is None:
            return None
        kind = path and _map_value(path)
        if kind:
            path.append(part)
            model = kind
            continue
        field = model.model_fields.get(part.lower())
        if field is None:
            return None
        path.append(part.lower())
        model = model_in(field.annotation) or (model if _map_value(path) else None)
    return None if model is not None and not _is_leaf(path) else tuple(path)


def _is_leaf(path: list[str]) -> bool:
    annotation = _annotation(path)
    return annotation is not None and model_in(annotation) is None and mapping_value(annotation) is None


def _map_value(path: list[str]) -> type[BaseModel] | None:
    """The model of the values when `path` names a mapping such as mail.imap."""
    annotation = _annotation(path)
    return mapping_value(annotation) if annotation is not None else None


def _annotation(path: list[str]) -> Any:
    """The declared type at `path`, stepping through mappings; None when there is none."""
    annotation: Any = Settings
    for part in path:
        inner = mapping_value(annotation)
        if inner is not None:
            annotation = inner
            continue
        model = model_in(annotation)
        if model is None or part not in model.model_fields:
            return None
        annotation = model.model_fields[part].annotation
    return annotation


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The settings model in `X` or `X | None`."""
    for option in get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def mapping_value(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) is not Mapping and getattr(get_origin(annotation), "__name__", "") != "Mapping":
        return None
    return model_in(get_args(annotation)[1])


def known_variables() -> list[str]:
    """Every environment variable that can exist; "<name>" stands for a name of the operator's."""
    return [PREFIX + "__".join(path).upper() for path in known_paths()]


def known_paths(model: type[BaseModel] = Settings, path: Path_ = ()) -> Iterator[Path_]:
    """Every setting as a path; "<name>" stands for a key of a mapping."""
    for name, field in model.model_fields.items():
        inner, mapped = model_in(field.annotation), mapping_value(field.annotation)
        if mapped is not None:
            yield from known_paths(mapped, (*path, name, "<name>"))
        elif inner is not None:
            yield from known_paths(inner, (*path, name))
        else:
            yield (*path, name)


def _nearest(wrong: str, right: list[str]) -> str:
    match = difflib.get_close_matches(wrong, right, n=1, cutoff=0.5)
    return f"; did you mean {match[0]}?" if match else ""


def _explain(detail: Any, origins: Mapping[Path_, str]) -> str:
    """One wrong setting as a sentence: which, from where, what is expected."""
    path = tuple(str(part) for part in detail["loc"])
    origin = next((where for known, where in origins.items() if known[: len(path)] == path), "")
    name = ".".join(path) + (f" (from {origin})" if origin else "")
    if detail["type"] == "extra_forbidden":
        siblings = _annotation(list(path[:-1]))
        model = model_in(siblings)
        return f"{name}: no such setting{_nearest(path[-1], list(model.model_fields) if model else [])}"
    if detail["type"] == "missing":
        return f"{name}: must be set"
    return f"{name}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
