"""What is typed finds what was said."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.catalogue.entries import Part, parts_of
from earwitness.catalogue.words import MATCH_BEGINS, MATCH_ENDS, match_expression, searchable


def found(said: str, asked: str) -> bool:
    with sqlite3.connect(":memory:") as database:
        database.execute(
            "CREATE VIRTUAL TABLE lines USING fts5 (text, tokenize='unicode61 remove_diacritics 2')"
        )
        database.execute("INSERT INTO lines VALUES (?)", [searchable(said)])
        expression = match_expression(asked)
        query = "SELECT count(*) FROM lines WHERE lines MATCH ?"
        answer = expression is not None and database.execute(query, [expression]).fetchone()[0] > 0
    database.close()
    return answer


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Good evening! A table for four tonight.", "four TABLE"),
        ("Good evening! A table for four tonight.", "table ton"),
        ("Good evening! A table for four tonight.", '"table for four"'),
        ("Good evening! A table for four tonight.", '"table for'),
        ("Una café, señor", "cafe senor"),
        ("お席を四名様でお願いします", "四名"),
        ("我想订一张桌子", "桌子"),
        ("สวัสดีครับ ขอโต๊ะสี่คน", "โต๊ะ"),
        ("I don't know", "don't"),
        ('He said "no" twice', '"no'),
        ("AND OR NOT NEAR(x)", "AND NOT"),
        ("a*b^c:d-e", "a*b^c:d-e"),
    ],
)
def test_is_found(said: str, asked: str) -> None:
    assert found(said, asked)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("A table for four", "table five"),
        ("A table for four", '"four table"'),
        ("A table for four", "able"),
        ("我想订一张桌子", "桌张"),
        ("A table for four", "?!"),
        ("A table for four", '""'),
        ("A table for four", ""),
    ],
)
def test_is_not_found(said: str, asked: str) -> None:
    assert not found(said, asked)


@given(st.text())
def test_whatever_is_typed_is_no_error(asked: str) -> None:
    found("A table for four", asked)


@given(st.lists(st.tuples(st.text("ab 桌\u200c", min_size=1), st.booleans())))
def test_the_pieces_of_a_line_are_the_line(pieces: list[tuple[str, bool]]) -> None:
    marked = "".join(
        f"{MATCH_BEGINS}{searchable(text)}{MATCH_ENDS}" if found else searchable(text)
        for text, found in pieces
    )
    parts = parts_of(marked)
    assert "".join(part.text for part in parts) == "".join(text for text, _ in pieces)
    assert [part.text for part in parts if part.found] == [text for text, found in pieces if found]
    assert Part("", False) not in parts
