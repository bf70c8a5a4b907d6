"""Rows of one transaction are written parents first, so that foreign keys hold whatever order they were added in."""

from sqlalchemy import ForeignKey, event
from sqlalchemy.orm import Mapper, relationship
from sqlmodel import SQLModel


def _follow_foreign_keys() -> None:
    """Declare each foreign key between two tables to the unit of work, which by itself only orders relationships."""
    mappers: dict[object, Mapper[object]] = {mapper.local_table: mapper for mapper in SQLModel._sa_registry.mappers}
    for mapper in mappers.values():
        for column in mapper.local_table.columns:
            for key in column.foreign_keys:
                _follow(mapper, mappers[key.column.table], key)


def _follow(child: Mapper[object], parent: Mapper[object], key: ForeignKey) -> None:
    name = f"_parent_by_{key.parent.name}"
    if parent is child or child.has_property(name):
        return
    child.add_property(
        name,
        # Never loaded and never set: it is there for the order alone.
        relationship(parent, foreign_keys=[key.parent], lazy="raise", cascade="none", passive_deletes="all"),
    )


event.listen(Mapper, "before_configured", _follow_foreign_keys)
