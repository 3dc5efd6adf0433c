"""Tables of text in the spellings that people have; what is malformed is named by its line."""

import warnings

import pytest

from adde_lite.data.rows import Row, read_rows
from adde_lite.errors import InputError


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "labels.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


EXPECTED = [Row(2, {"id": "1", "colour": "röd"}), Row(3, {"id": "2", "colour": "blå"})]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_every_spelling_gives_the_same_rows(table, mark, end, delimiter):
    lines = ["id,colour", "1, röd ", "2,blå", ""]
    text = end.join(line.replace(",", delimiter) for line in lines)
    assert read_rows(table(mark + text.encode())) == EXPECTED


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(table):
    rows = read_rows(table('id,name\n1,"a, ""b""\nc"\n2,d\n'))
    assert rows == [Row(2, {"id": "1", "name": 'a, "b"\nc'}), Row(4, {"id": "2", "name": "d"})]


def test_blank_lines_are_passed_over_and_still_counted(table):
    assert [row.line for row in read_rows(table("id,colour\n\n1,red\n\n2,blue\n"))] == [3, 5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"labels\.csv: given 0 bytes"),
        ("\n\n", r"labels\.csv: given blank lines"),
        ("id,colour\n", r"labels\.csv: given a header and no rows"),
        ("<!DOCTYPE html>", r"labels\.csv: given an HTML page, expected a table as text"),
        (b"PK\x03\x04", r"labels\.csv: given a zip archive"),
        ("id,colour\n1,röd\n".encode("latin-1"), r"labels\.csv, line 2: given byte 0xf6, which is not UTF-8"),
        ("id,colour\n".encode("utf-16"), r"labels\.csv, line 1: given byte 0xff"),
        ("id,id\n1,2\n", r"labels\.csv, line 1: given column 'id' twice"),
        ("id,colour\n1,red\n2,blue,3\n", r"labels\.csv, line 3: given 3 cells, expected 2.*bad_rows=\"skip\""),
        ("id,colour\n1\n", r"labels\.csv, line 2: given 1 cells"),
        ('id,colour\n1,"re"d\n', r"labels\.csv, line 2: given stray quotes"),
        ('id,colour\n1,"red\n2,blue\n', r"labels\.csv, line 2: given a quote that does not close"),
    ],
)
def test_what_is_no_whole_table_is_named(table, content, message):
    with pytest.raises(InputError, match=message):
        read_rows(table(content))


def test_bad_rows_are_skipped_with_one_warning_that_counts_them(table):
    path = table('id,colour\n1,red\n2,blue,3\n4,"gr"een\n5\n6,grey\n')
    with pytest.warns(UserWarning, match=r"labels\.csv: 3 malformed rows skipped \(lines 3, 4, 5\)") as caught:
        rows = read_rows(path, bad_rows="skip")
    assert [row.cells["id"] for row in rows] == ["1", "6"]
    assert len(caught) == 1


def test_good_rows_are_read_without_a_warning(table):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_rows(table("id,colour\n1,röd\n2,blå\n"), bad_rows="skip") == EXPECTED


def test_a_quote_that_swallows_rows_is_never_skipped(table):
    with pytest.raises(InputError, match="line 2: given a quote that does not close"):
        read_rows(table('id,colour\n1,"red\n2,blue\n3,green\n'), bad_rows="skip")


def test_a_bad_header_is_never_skipped(table):
    with pytest.raises(InputError, match="line 1: given stray quotes"):
        read_rows(table('id,"col"our\n1,red\n'), bad_rows="skip")


def test_all_rows_bad_is_an_error(table):
    with pytest.raises(InputError, match="a header and no rows"):
        read_rows(table("id,colour\n1\n2\n"), bad_rows="skip")


def test_an_unknown_way_with_bad_rows_is_refused(table):
    with pytest.raises(InputError, match="bad_rows: given 'drop'"):
        read_rows(table("id,colour\n1,red\n"), bad_rows="drop")


def test_the_real_catalogue_has_the_rows_of_its_notes(shared):
    rows = read_rows(shared / "data" / "fashion_products" / "labels.csv")
    assert len(rows) == 9_583
    assert sum(row.cells["baseColour"] == "" for row in rows) == 3
    assert sum(row.cells["usage"] == "" for row in rows) == 8
