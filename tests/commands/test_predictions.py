import json

from bit_keras.commands.predictions import by_class, json_lines, lines, said

ROWS = [
    ("a.jpg", [("cat", 0.9), ("dog", 0.6)]),
    ("b.jpg", [("cat", 0.7), ("dog", 0.1)]),
    ("c.jpg", [("dog", 0.3), ("cat", 0.2)]),
    ("d.jpg", [("dog", 0.4), ("cat", 0.2)]),
]


def paths(groups):
    return {name: [path for path, _ in rows] for name, rows in groups.items()}


def test_one_class_is_said_or_any_number_from_the_threshold_on():
    counts = [[len(said(c, several)) for _, c in ROWS] for several in (False, True)]
    assert counts == [[1, 1, 1, 1], [2, 1, 0, 0]]


def test_every_photograph_has_an_object_in_the_order_given():
    names = [path for path, _ in ROWS[:2]]
    told = json_lines(
        [names[0], "bad.jpg", names[1], "not asked.jpg"],
        ROWS[:2],
        [("bad.jpg", "empty file")],
    )
    told = [json.loads(line) for line in told]
    assert told == [
        {
            "path": "a.jpg",
            "classes": [
                {"class": "cat", "probability": 0.9},
                {"class": "dog", "probability": 0.6},
            ],
        },
        {"path": "bad.jpg", "error": "empty file"},
        {
            "path": "b.jpg",
            "classes": [
                {"class": "cat", "probability": 0.7},
                {"class": "dog", "probability": 0.1},
            ],
        },
    ]


def test_names_of_any_script_and_bytes_come_back_from_ascii():
    name = b"caf\xe9 \xe7\x8a\xac\n.jpg".decode("utf-8", "surrogateescape")
    (line,) = json_lines([name], [(name, [("犬", 1.0)])], [])
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["path"] == name
    assert json.loads(line)["classes"][0]["class"] == "犬"


def test_without_a_likely_label_the_likeliest_is_shown():
    assert [line.split()[1:] for line in lines(ROWS, several=True)] == [
        ["cat", "90.0%", "dog", "60.0%"],
        ["cat", "70.0%"],
        ["dog", "30.0%"],
        ["dog", "40.0%"],
    ]


def test_each_class_begins_with_the_least_certain():
    assert paths(by_class(ROWS, several=False)) == {
        "cat": ["b.jpg", "a.jpg"],
        "dog": ["c.jpg", "d.jpg"],
    }


def test_with_several_labels_those_without_any_come_last():
    groups = by_class(ROWS, several=True)
    assert paths(groups) == {
        "cat": ["b.jpg", "a.jpg"],
        "dog": ["a.jpg"],
        None: ["d.jpg", "c.jpg"],
    }
    assert list(groups) == ["cat", "dog", None]
