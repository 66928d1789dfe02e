import pytest

from bit_keras.data.repeats import contradictions


@pytest.fixture
def told(tmp_path):
    """Gives a function: split=words, each file:labels:contents -> the sentences."""

    def tell(**splits):
        rows = {}
        for split, words in splits.items():
            for word in words.split():
                name, labels, contents = word.split(":")
                (tmp_path / name).write_text(contents)
                own = tuple(filter(None, labels.split(",")))
                rows.setdefault(split, []).append((tmp_path / name, own))
        sentences = contradictions("photos", rows)
        return [sentence.replace(f"{tmp_path}/", "") for sentence in sentences]

    return tell


def test_of_different_images_nothing_is_told(told):
    assert told(train="1:cat:a 2:dog:b 3:dog:cc", test="4:cat:d") == []


def test_copies_of_one_class_in_one_split_are_no_contradiction(told):
    assert told(train="1:cat:a 2:cat:a 3:dog:b") == []


def test_a_copy_of_another_class_is_told(told):
    assert told(train="1:cat:a 2:dog:b 3:kitten:a 4:cat:a") == [
        "1 of the files of 'photos' have more than one label, such as '1' (the same "
        "image as '3'): 'cat', 'kitten'."
    ]


def test_a_copy_in_another_split_is_told(told):
    assert told(train="1:cat:a 2:dog:b", test="3:cat:a 4:dog:b") == [
        "2 of the files of 'photos' have more than one split, such as '1' (the same "
        "image as '3'): 'test', 'train'."
    ]


def test_a_file_under_several_labels_is_told_by_one_name(told):
    assert told(train="1:cat,dog:a 1:cat:a") == [
        "1 of the files of 'photos' have more than one label, such as '1': 'cat', "
        "'cat;dog'."
    ]


def test_a_link_is_the_same_image(told, tmp_path):
    (tmp_path / "2").symlink_to(tmp_path / "1")
    (sentence,) = told(train="1:cat:a 2:dog:a")
    assert "'1' (the same image as '2')" in sentence


def test_images_without_labels_may_be_in_several_splits_too(told):
    (sentence,) = told(train="1::a", val="2::a")
    assert "more than one split" in sentence


def test_empty_files_and_those_that_are_not_there_are_told_elsewhere(told, tmp_path):
    assert told(train="1:cat: 2:dog:") == []
    rows = [(tmp_path / "gone", ("cat",)), (tmp_path / "gone", ("dog",))]
    assert list(contradictions("photos", {"train": rows})) == []


def test_labels_that_differ_in_capitals_are_told(told):
    assert told(train="1:Cat:a 2:cat:b 3:dog:c") == [
        "Labels of 'photos' that differ in upper and lower case alone are different "
        "classes: 'Cat', 'cat'."
    ]
