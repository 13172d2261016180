"""A small table: aligned text in a terminal, an HTML table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_HEAD = ' style="text-align:left"'
_CELL = ' style="text-align:left;overflow-wrap:anywhere"'  # so that a digest fits on a narrow page


class Table:
    """Rows below headings. Values are shown by ``str``."""

    def __init__(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        self.heads = tuple(heads)
        self.rows = tuple(tuple(str(value) for value in row) for row in rows)

    def __repr__(self) -> str:
        lines = (self.heads, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip() for line in lines
        )

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col"{_HEAD}>{escape(head)}</th>' for head in self.heads)
        rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: str) -> str:
    return f"<td{_CELL}>{escape(value)}</td>"
