"""What the columns of a CSV are taken for, and what its rows say of a file."""

import pytest

from bit_keras.errors import InputError


def test_a_column_of_splits_by_another_name_is_the_split(table):
    data = table(
        *("path,label,Subset", "photos/red/0.jpg,warm,train"),
        "photos/red/1.jpg,warm,Testing",
    )
    (path,) = data.parts["test"].paths
    assert path.endswith("red/1.jpg")
    (note,) = data.notes
    assert "The column 'subset' of" in note
    assert "is taken as the split" in note


def test_a_column_of_splits_without_a_name_is_the_split(table):
    data = table(
        "path,label,", "photos/red/0.jpg,warm,train", "photos/red/1.jpg,warm,test"
    )
    (path,) = data.parts["test"].paths
    assert path.endswith("red/1.jpg")
    (note,) = data.notes
    assert "The column 'column 3' of" in note


def test_a_column_without_a_name_that_is_not_used_is_named(table):
    data = table("path,label,,", "photos/red/0.jpg,warm,nice,")
    (note,) = data.notes
    assert note.endswith("that are not used: 'column 3'.")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("subset", ("train", "Testing", "unused")),
        ("", ("train", "test", "unused")),
        ("is_test", ("0", "1")),
        ("Is_Train", ("yes", "no")),
        ("isValid", ("True", "False")),
        ("test set", ("x", "")),
        ("Fold", ("1", "2")),
    ],
)
def test_a_column_that_only_looks_like_a_split_is_refused(table, column, values):
    words = f"The column '{column.lower() or 'column 3'}' of .* looks like a split"
    with pytest.raises(InputError, match=words):
        table(f"path,label,{column}", *(f"photos/red/0.jpg,warm,{v}" for v in values))


@pytest.mark.parametrize("column", ["isolated", "folder", "manifold", "testimony"])
def test_names_that_only_sound_like_splits_are_no_splits(table, column):
    data = table(f"path,label,{column}", "photos/red/0.jpg,warm,train;y")
    (note,) = data.notes
    assert f"not used: '{column}'" in note


def test_rows_without_a_split_beside_others_are_counted(table):
    lines = ("photos/red/0.jpg,warm,", "photos/blue/0.jpg,warm")
    data = table(*lines, "photos/red/1.jpg,warm,test")
    (note,) = data.notes
    assert note.endswith("without a split, which are taken for training: 2 of 3.")


def test_columns_that_are_not_used_are_named(table):
    data = table(
        *("path,label,split,fold,note", "photos/red/0.jpg,warm,train,test,nice"),
    )
    (note,) = data.notes
    assert "that are not used: 'fold', 'note'" in note


def test_files_under_several_labels_are_counted_and_named(table):
    data = table(
        *("photos/red/0.jpg,warm", "photos/blue/../red/0.jpg,cold"),
        *("photos/red/1.jpg,warm", "photos/red/1.jpg,warm"),
    )
    (note,) = data.notes
    assert "1 of the files of" in note
    assert "more than one label, such as" in note
    assert note.endswith("0.jpg': 'cold', 'warm'.")


def test_files_in_several_splits_are_counted_and_named(table):
    data = table("photos/red/0.jpg,warm,train", "photos/red/0.jpg,warm,test")
    (note,) = data.notes
    assert "1 of the files of" in note
    assert note.endswith("0.jpg': 'test', 'train'.")


def test_images_of_the_same_group_belong_together(table):
    data = table(
        *("path,label,group", "photos/red/0.jpg,red,a", "photos/red/1.jpg,red,"),
        *("photos/blue/0.jpg,blue,a", "photos/blue/1.jpg,blue,"),
    )
    first, alone, third, other = data.parts["train"].groups
    assert first == third
    assert len({first, alone, other}) == 3
    assert data.notes == ()


def test_an_empty_column_of_groups_says_nothing(table):
    data = table("path,label,group", "photos/red/0.jpg,red,")
    assert data.parts["train"].groups is None


def test_a_file_in_two_groups_is_refused(table):
    rows = ("photos/red/0.jpg,red,a", "photos/red/0.jpg,red,b")
    with pytest.raises(InputError, match="Line 3 of .* the group 'b', a line .* 'a'"):
        table("path,label,group", *rows)


def test_a_column_of_groups_that_is_a_split_is_refused(table):
    rows = ("photos/red/0.jpg,red,train", "photos/red/1.jpg,red,test")
    with pytest.raises(InputError, match="nothing but splits; call it 'split'"):
        table("path,label,group", *rows)
