import pytest

from bit_keras.weights.labels import class_names


@pytest.mark.parametrize("num_classes", [1000, 21843])
def test_each_class_has_one_name_of_its_own(num_classes):
    names = class_names(num_classes)
    assert len(names) == num_classes
    assert len(set(names)) == num_classes
    assert all(name and name == name.strip() for name in names)


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (0, "tench, Tinca tinca"),
        (134, "crane (bird)"),
        (207, "golden retriever"),
        (281, "tabby, tabby cat"),
        (517, "crane (machine)"),
        (638, "maillot"),
        (639, "maillot, tank suit"),
        (999, "toilet tissue, toilet paper, bathroom tissue"),
    ],
)
def test_imagenet_1k_names_stand_at_the_known_indices(index, name):
    assert class_names(1000)[index] == name


def test_imagenet_21k_starts_with_organism():
    assert class_names(21843)[:3] == ("organism", "benthos", "heterotroph")


def test_imagenet_1k_classes_keep_their_order_within_21k():
    # Both orders are by WordNet id, and these names are unique in both.
    names = class_names(21843)
    animals = ["goldfish", "whooping crane", "golden retriever", "Siberian husky"]
    positions = [names.index(name) for name in animals]
    assert positions == sorted(positions)


def test_other_class_counts_have_no_names():
    assert class_names(37) is None
