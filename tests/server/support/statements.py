"""Seeing to it that no statement of the store's reaches beyond the account that it is about."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

if TYPE_CHECKING:
    from types import FrameType

# Migrations alter tables for all accounts, and one query reads the schema version.
OF_ALL = ("musterd.storage.migrations", "musterd.storage.catalogue", "musterd.storage.postgresql")
# It only has the number of writes of each account.
COUNTED = "SELECT account.name"


def watch() -> None:
    sa.event.listen(sa.Engine, "before_execute", _check)


def unwatch() -> None:
    sa.event.remove(sa.Engine, "before_execute", _check)


def _check(_c: object, statement: Any, many: Any, one: Any, _options: object) -> None:
    module = _sender(sys._getframe(1))  # noqa: SLF001  # there is no other way to a frame
    if module.startswith("musterd.") and not module.startswith(OF_ALL):
        assert is_confined(statement, many or [one]), f"{module}: {statement}"


def _sender(frame: FrameType | None) -> str:
    while frame is not None and frame.f_globals["__name__"].startswith("sqlalchemy"):
        frame = frame.f_back
    return "" if frame is None else frame.f_globals["__name__"]


def is_confined(statement: Any, rows: list[dict[str, Any]]) -> bool:
    """Tell whether a statement names an account for every table that it is about."""
    if isinstance(statement, sa.TextClause):
        return all(row.get("account") for row in rows)
    if isinstance(statement, sa.Insert):
        return all(row.get("account") for row in rows)
    if str(statement).startswith(COUNTED):
        return True
    selects = [each for each in visitors.iterate(statement) if isinstance(each, sa.Select)]
    if isinstance(statement, sa.Update | sa.Delete):
        return statement.table.c.account in _compared(statement) and all(
            _is_confined(each, statement) for each in selects
        )
    return bool(selects) and all(_is_confined(each, statement) for each in selects)


def _is_confined(select: sa.Select[Any], whole: Any) -> bool:
    own, outer = _compared(select), _compared(whole)
    return all(
        _owner(table) in own or (table in _sources(whole) and _owner(table) in outer)
        for table in _sources(select)
    )


def _sources(statement: Any) -> set[Any]:
    """Return the tables, and aliases of tables, that a statement is about."""
    if isinstance(statement, sa.Update | sa.Delete):
        return {statement.table}
    froms = statement.get_final_froms() if isinstance(statement, sa.Select) else []
    return {each for source in froms for each in _flat(source) if _is_table(each)}


def _flat(source: Any) -> list[Any]:
    if isinstance(source, sa.Join):
        return [*_flat(source.left), *_flat(source.right)]
    return [source]


def _is_table(source: Any) -> bool:
    # Others, as subqueries and common table expressions, are of selects that are looked at.
    table = source.element if isinstance(source, sa.Alias) else source
    return isinstance(table, sa.Table)


def _compared(statement: Any) -> set[Any]:
    """Return the columns that must equal something in every row that a statement finds."""
    conditions = [getattr(statement, "whereclause", None)]
    if isinstance(statement, sa.Select):
        joins = [each for each in statement.get_final_froms() if isinstance(each, sa.Join)]
        while joins:
            join = joins.pop()
            conditions.append(join.onclause)
            joins += [each for each in (join.left, join.right) if isinstance(each, sa.Join)]
    return {side for each in conditions for part in _parts(each) for side in _sides(part)}


def _parts(condition: Any) -> list[Any]:
    """Return the conditions that must all hold; those within an OR need not."""
    if getattr(condition, "operator", None) is sa.sql.operators.and_:
        return [part for each in condition.clauses for part in _parts(each)]
    return [condition]


def _sides(condition: Any) -> list[Any]:
    if getattr(condition, "operator", None) is not sa.sql.operators.eq:
        return []
    sides = (condition.left, condition.right)
    return [
        side
        for side, other in (sides, sides[::-1])
        if isinstance(side, sa.Column) and isinstance(other, sa.BindParameter | sa.Column)
    ]


def _owner(table: Any) -> Any:
    return table.c.name if table.name == "account" else table.c.account
