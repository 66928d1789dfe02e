import numpy as np
import pytest

from bit_keras.errors import InputError


def rows(data, split="train"):
    """(file below the class folder, class) of every example."""
    part = data.parts[split]
    return [
        ("/".join(path.split("/")[-2:]), data.class_names[label])
        for path, label in zip(part.paths, part.labels, strict=True)
    ]


def test_a_csv_lists_files_beside_it_and_their_classes(table):
    data = table("photos/red/0.jpg,warm", "photos/blue/1.jpg,cold")
    assert data.name == "table"
    assert data.class_names == ("cold", "warm")
    assert rows(data) == [("red/0.jpg", "warm"), ("blue/1.jpg", "cold")]


def test_a_header_names_the_columns_in_any_order(table):
    data = table("Label, note ,PATH", "warm,nice,photos/red/0.jpg")
    assert rows(data) == [("red/0.jpg", "warm")]


def test_the_third_column_is_the_split(table):
    data = table(
        "photos/red/0.jpg,warm,train",
        "photos/blue/0.jpg,cold,",
        "photos/red/1.jpg,warm,Testing",
        "photos/blue/1.jpg,cold,test",
    )
    assert rows(data) == [("red/0.jpg", "warm"), ("blue/0.jpg", "cold")]
    assert rows(data, "test") == [("red/1.jpg", "warm"), ("blue/1.jpg", "cold")]


def test_absolute_paths_blank_lines_spaces_and_a_byte_order_mark_are_fine(
    table, photos
):
    data = table(
        *("path,label", "", f" {photos / 'red' / '0.jpg'} , warm "),
        *(",", "photos/blue/0.jpg,cold"),
        encoding="utf-8-sig",
    )
    assert rows(data) == [("red/0.jpg", "warm"), ("blue/0.jpg", "cold")]


def test_quoted_commas_belong_to_the_label(table):
    data = table('photos/red/0.jpg,"red, mostly"')
    assert data.class_names == ("red, mostly",)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["photos/red/0.jpg"], "Line 1 of .* has no label: photos/red/0.jpg"),
        (["photos/red/0.jpg,"], "Line 1 of .* has no label"),
        (["path,label", "x.jpg,red"], "Line 2 of .*: there is no file '.*x.jpg'"),
        (["label,path", "red"], "Line 2 of .* has no path"),
        (
            ["D:\\photos\\red\\0.jpg,red"],
            r"Line 1 of .*: there is no file '.*D:\\photos\\red\\0.jpg' \(a header",
        ),
        ([f"{300 * 'x'}.jpg,red"], "Line 1 of .*: there is no file '.*xxx.jpg'"),
        (["x\0.jpg,red"], "Line 1 of .*: there is no file"),
        (["photos/red,red"], "Line 1 of .*: '.*red' is a folder; name one image"),
        (
            ["path,label,split", "photos/red/0.jpg,red"],
            "has 2 cells instead of the header's 3",
        ),
        (["path,label", ",red"], "Line 2 of .* has no path"),
        (
            ["path,label", "photos/red/0.jpg,red,test"],
            "Line 2 of .* 3 cells instead of the header's 2 .*Received: photos/red/0",
        ),
        (
            ["photos/red/0.jpg,red,test,x"],
            "Line 1 of .* has 4 cells instead of two or three",
        ),
        (["path,label,Label"], "The column label stands 2 times"),
        (
            ["path,label,a,b", "photos/red/0.jpg,red,train,test"],
            "Each of the columns 'a', 'b' of .* could be the split",
        ),
        (["photos/red/0.jpg,red,tset"], "the split is train, test or val.*'tset'"),
        ([""], "lists no training images"),
        (["photos/red/0.jpg,red,test"], "lists no training images"),
        (
            ["photos/red/0.jpg,red,train", "photos/red/1.jpg,blue,test"],
            "differ between train and test: only in train: 'red'; only in test: 'blue'",
        ),
    ],
)
def test_a_wrong_line_is_named_by_its_number(table, lines, expected):
    with pytest.raises(InputError, match=expected):
        table(*lines)


def test_lines_are_counted_as_an_editor_counts_them(table):
    with pytest.raises(InputError, match="Line 5 of .*: there is no file"):
        table(
            "label,path,note", "", 'red,photos/red/0.jpg,"over', 'lines"', "blue,x.jpg,"
        )


@pytest.mark.parametrize(
    ("lines", "column"),
    [
        (['photos/red/0.jpg,"red', 'photos/blue/0.jpg,""', 'green"'], "label"),
        (['"photos/red/0.jpg', 'photos/blue/0.jpg",blue'], "path"),
    ],
)
def test_a_path_or_label_over_several_lines_is_refused(table, lines, column):
    with pytest.raises(InputError, match=f"Line 1 of .*: the {column} goes over sev"):
        table(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["path;label;split", "photos/red/0.jpg;warm;train"],
        ["path\tlabel", "photos/red/0.jpg\twarm"],
        ["path|label|split", "photos/red/0.jpg|warm|train"],
        ["photos/red/0.jpg;warm"],
        ["sep=;", "photos/red/0.jpg;warm"],
        ["sep=\t", "label\tpath", "warm\tphotos/red/0.jpg"],
        ["path,label,,", "photos/red/0.jpg,warm,,"],
        ["path,label", "photos/red/0.jpg,warm,,"],
        ["path,label", "photos\\red\\0.jpg,warm"],
    ],
)
def test_the_tables_of_spreadsheets_are_read(table, lines):
    assert rows(table(*lines)) == [("red/0.jpg", "warm")]


def test_lines_are_also_counted_after_the_delimiter_of_a_spreadsheet(table):
    with pytest.raises(InputError, match="Line 3 of .*: there is no file"):
        table("sep=;", "path;label", "x.jpg;warm")


def test_a_comma_wins_over_semicolons_between_labels(table):
    data = table("photos/red/0.jpg,warm;plain", multi_label=True)
    assert data.class_names == ("plain", "warm")


def test_the_unicode_forms_of_a_name_are_one_class_and_one_file(table, photos):
    (photos / "red").rename(photos / "\xe9t\xe9")
    decomposed = "e\u0301te\u0301"
    data = table(
        f"photos/{decomposed}/0.jpg,{decomposed}", "photos/\xe9t\xe9/1.jpg,\xe9t\xe9"
    )
    assert data.class_names == ("\xe9t\xe9",)
    assert data.parts["train"].count == 2


def test_a_file_of_decomposed_name_is_found_by_its_composed_one(table, photos):
    (photos / "red").rename(photos / "e\u0301te\u0301")  # as macOS used to write it
    data = table("photos/\xe9t\xe9/0.jpg,red")
    assert data.parts["train"].count == 1


def test_a_csv_in_another_encoding_is_refused(table):
    with pytest.raises(InputError, match="cannot be read as a CSV in UTF-8"):
        table("photos/red/0.jpg,caf\xe9", encoding="latin-1")


def test_a_bad_file_of_a_csv_is_left_out(table, photos):
    (photos / "red" / "1.jpg").write_bytes(b"")
    data = table("photos/red/0.jpg,red", "photos/red/1.jpg,red")
    assert rows(data) == [("red/0.jpg", "red")]
    assert [verdict.reason for verdict in data.bad] == ["empty file"]


SEVERAL = (
    "photos/red/0.jpg,warm;plain",
    "photos/blue/0.jpg, plain ; cold;",
    "photos/blue/1.jpg,",
)


def test_several_labels_of_an_image_stand_between_semicolons(table):
    data = table(*SEVERAL, multi_label=True)
    train = data.parts["train"]
    assert data.multi_label
    assert data.class_names == ("cold", "plain", "warm")
    assert train.labels.tolist() == [[0, 1, 1], [1, 1, 0], [0, 0, 0]]
    assert train.labels.dtype == np.int8
    assert train.paths[1].endswith("blue/0.jpg")


def test_a_test_part_need_not_have_every_label(table):
    data = table(*SEVERAL, "photos/red/1.jpg,warm,test", multi_label=True)
    assert data.parts["test"].labels.tolist() == [[0, 0, 1]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("photos/red/1.jpg", "Line 4 of .* has no label"),
        (
            "photos/red/1.jpg,warm;odd;new,test",
            "test images of .* labels that no training image has: 'new', 'odd'",
        ),
    ],
)
def test_wrong_lines_of_several_labels_are_refused(table, line, expected):
    with pytest.raises(InputError, match=expected):
        table(*SEVERAL, line, multi_label=True)


def test_a_label_of_which_no_image_can_be_read_is_refused(table, photos):
    (photos / "red" / "0.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="None of the images of 'warm' in the train"):
        table(*SEVERAL, multi_label=True)


def test_a_part_without_labels_of_which_no_image_can_be_read_is_refused(table, photos):
    (photos / "red" / "1.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="None of the images in the test part"):
        table(*SEVERAL, "photos/red/1.jpg,,test", multi_label=True)


def test_semicolons_without_the_flag_are_a_name_and_a_note(table):
    data = table("photos/red/0.jpg,warm;plain", "photos/blue/0.jpg,cold")
    assert data.class_names == ("cold", "warm;plain")
    assert not data.multi_label
    (note,) = data.notes
    assert "also 'warm;plain'; with --multi-label" in note


@pytest.mark.parametrize(
    "lines",
    [
        ["path", "photos/red/0.jpg", "photos/blue/1.jpg"],
        ["photos/red/0.jpg", "photos/blue/1.jpg"],
        ["photos/red/0.jpg,warm", "photos/blue/1.jpg,"],
        ["split,path", "train,photos/red/0.jpg", ",photos/blue/1.jpg"],
    ],
)
def test_without_labels_paths_are_enough(table, lines):
    data = table(*lines, labelled=False)
    assert not data.labelled
    assert data.class_names == ()
    assert [path.split("/")[-2] for path in data.parts["train"].paths] == [
        "red",
        "blue",
    ]
