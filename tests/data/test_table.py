import pytest

from bit_keras.data.table import read_table
from bit_keras.errors import InputError


@pytest.fixture
def read(tmp_path):
    """Gives a function: text -> (names of the columns, cells of the rows)."""

    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        header, rows, _ = read_table(path, ("path", "label"))
        return header, [row.cells for row in rows]

    return write


@pytest.mark.parametrize(
    "text",
    [
        'a,b\nc,"d\ne,f\n',
        'a,b\nc,"d\ne,"f"\n',
        'a,b\nc,"d" e\nf,g\n',
    ],
)
def test_a_quote_without_its_other_half_is_refused_by_its_line(read, text):
    words = "Line 2 of .*table.csv' cannot be read as a CSV .* needs its other half"
    with pytest.raises(InputError, match=words):
        read(text)


def test_a_quote_within_a_cell_is_a_letter(read):
    _, rows = read('12" wide.jpg,"the ""big"" one"\n')
    assert rows == [('12" wide.jpg', 'the "big" one')]


def test_a_name_of_several_columns_is_refused(read):
    with pytest.raises(InputError, match="The column note stands 2 times in"):
        read("path,label,note,Note\n")
