"""CSV files as they come from plants: what is found out about them, and how errors name the place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.errors import CallIsWrong, Expected, SurroundingsFailed
from workstation.exchange.csv_table import read_table


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "data.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal"),
    [
        ("part,value\nA,1.5\nB,2.25\n", ",", "."),
        ("part;value\nA;1,5\nB;2,25\n", ";", ","),
        ("part\tvalue\nA\t1,5\nB\t2,25\n", "\t", ","),
        ("part;value\r\nA;1.5\r\nB;2.25\r\n", ";", "."),
        ('part,value\nA,"1,5"\nB,"2,25"\n', ",", ","),
    ],
)
def test_delimiter_and_decimal_mark_are_found_and_said(tmp_path: Path, text: str, delimiter: str, decimal: str) -> None:
    table = read_table(written(tmp_path, text))
    assert (table.reading.delimiter, table.reading.decimal) == (delimiter, decimal)
    assert table.numbers("value").tolist() == [1.5, 2.25]
    assert table.text("part") == ("A", "B")
    assert "decimal" in table.reading.sentence()


def test_one_column_without_a_name(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "1.5\n2.5\n\n3.5\n"))
    assert table.names == ("1",)
    assert table.numbers("1").tolist() == [1.5, 2.5, 3.5]


def test_missing_cells_are_missing_values(tmp_path: Path) -> None:
    values = read_table(written(tmp_path, "a,b\n1,\n2,NA\n3,4\n")).numbers("b")
    assert np.isnan(values[:2]).all()
    assert values[2] == 4


def test_thousands_and_old_encodings(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "Maß;Länge µm\nA;1.234,5\nB;0,25\n", "cp1252"))
    assert table.reading.encoding == "Windows-1252"
    assert table.numbers("Länge µm").tolist() == [1234.5, 0.25]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n3\n", "line 3: its number of cells is 1, that of the first line 2"),
        ("a,b\n1,x\n", "line 2: 'x' in column 'b'"),
        ("a,a\n1,2\n", "'a' stands twice"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("a,b\n", "no values"),
        ("", "no rows"),
        ('a,b\n1,"2\n', "line 2"),
        ("a,b\n1,inf\n", "'inf'"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CallIsWrong, match=says):
        read_table(written(tmp_path, text)).numbers("b")


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsFailed, match="cannot be read"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(SurroundingsFailed):
        read_table(tmp_path)
    (tmp_path / "sheet.xlsx").write_bytes(b"PK\x03\x04\x00\x00")
    with pytest.raises(CallIsWrong, match="no text"):
        read_table(tmp_path / "sheet.xlsx")
    with pytest.raises(CallIsWrong, match="no column 'c'"):
        read_table(written(tmp_path, "a,b\n1,2\n")).numbers("c")


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(data)
    try:
        table = read_table(path)
        for name in table.names:
            assert isinstance(table.is_numeric(name), bool)
    except Expected as error:
        assert error.sentence


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"b\n" + b"1" * 200_000 + b"\n", "line 2: a cell has more than 131072 characters"),
        (b"b" * 200_000 + b"\n1\n", "line 1: a cell has more than 131072 characters"),
        (b'b,c\n1,2\n3,"4\n5,6\n7,8\n', "line 3: a quote is opened and never closed"),
        (b'b,c\n1,"2\n' + b"3,4\n" * 60_000, "line 2: a quote is opened and never closed"),
        ("b\n1\n".encode("utf-16"), "in UTF-16"),
        (b"b\n1\n\x00\n", "no text file"),
    ],
)
def test_a_file_that_is_no_table_is_said_at_its_place(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    with pytest.raises(CallIsWrong, match=says):
        read_table(tmp_path / "data.csv")


@pytest.mark.parametrize("cell", ["1_000", "\N{ARABIC-INDIC DIGIT ONE}", "1e999", "0x10", "infinity", "1 000", "--1"])
def test_what_only_a_program_takes_for_a_number_is_refused(tmp_path: Path, cell: str) -> None:
    table = read_table(written(tmp_path, f"a,b\nx,{cell}\n"))
    with pytest.raises(CallIsWrong, match="line 2"):
        table.numbers("b")


def test_decimals_are_kept_as_written(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a;b\n1;1.234,50\n2;-0,0\n3;,5\n"))
    assert [str(number) for number in table.decimals("b")] == ["1234.50", "-0.0", "0.5"]
    with pytest.raises(CallIsWrong, match="line 3: '' in column 'b' is no number"):
        read_table(written(tmp_path, "a;b\n1;1,5\n2;\n")).decimals("b")


@pytest.mark.parametrize("text", ['a,b\n1,"1,234"\n2,"2,345"\n', "a\tb\n1\t1,234\n", '"1,234"\n"1,250"\n'])
def test_a_comma_that_may_be_thousands_is_refused_until_somebody_says(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CallIsWrong, match=r"data.csv, line \d: '1,234' may be 1.234 or 1234") as caught:
        read_table(path)
    assert "--decimal" in caught.value.next_step
    assert read_table(path, decimal=",").numbers(read_table(path, decimal=",").names[-1])[0] == 1.234
    assert read_table(path, decimal=".").numbers(read_table(path, decimal=".").names[-1])[0] == 1234


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('a,b\n1,"1,234"\n2,"12,5"\n', [1.234, 12.5]),
        ('a,b\n1,"1,234"\n2,"0,250"\n', [1.234, 0.25]),
        ('a,b\n1,"1,234"\n2,"1,234.5"\n', [1234, 1234.5]),
        ('a,b\n1,"1,234"\n2,"1,234,567"\n', [1234, 1234567]),
        ("a;b\n1;1,234\n2;2,345\n", [1.234, 2.345]),
        ("b\n1.234\n2.345\n", [1.234, 2.345]),
    ],
)
def test_the_other_numbers_or_semicolons_say_what_a_comma_is(tmp_path: Path, text: str, values: list[float]) -> None:
    assert read_table(written(tmp_path, text), decimal=None).numbers("b").tolist() == values


@pytest.mark.parametrize("text", ["a;c;b\n1,5;1,5;1.234\n2,5;1,5;2.345\n", "a;b\n1.5;1,234\n2.5;2,345\n"])
def test_a_column_of_another_hand_than_the_file_is_refused(tmp_path: Path, text: str) -> None:
    table = read_table(written(tmp_path, text))
    assert table.numbers("a").tolist() == [1.5, 2.5]
    with pytest.raises(CallIsWrong, match=r"line 2: '1[.,]234' in column 'b' may be 1234"):
        table.numbers("b")


def test_only_what_ends_a_line_in_an_editor_ends_a_row(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\nx\u2028y\x0cz,1\nw,q\n"))
    assert table.text("a") == ("x\u2028y\x0cz", "w")
    with pytest.raises(CallIsWrong, match="line 3: 'q'"):
        table.numbers("b")
    assert read_table(written(tmp_path, "a,b\r1,2\r3,4\r")).numbers("b").tolist() == [2, 4]
