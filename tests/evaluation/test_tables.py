from bit_keras.evaluation.tables import aligned, format_summary, worst_first


def row(name, examples, recall, precision, f1, **others):
    figures = {"recall": recall, "precision": precision, "f1": f1, **others}
    return {"name": name, "examples": examples, **figures}


def of_pets(cat="cat", dog="dog", fox="fox"):
    """Five cats, of which three are found; one dog, found; no fox."""
    rows = [
        row(fox, 0, None, 0.0, 0.0),
        row(dog, 1, 1.0, 0.5, 2 / 3),
        row(cat, 5, 0.6, 1.0, 0.75),
    ]
    return {"examples": 6, "top1": 2 / 3, "loss": 1.0684, "per_class": rows}


def several_labels():
    rows = [
        row("cat", 3, 1.0, 0.5, 2 / 3, average_precision=0.9),
        row("dog", 2, 0.0, None, None, average_precision=0.95),
        row("fox", 0, None, None, None, average_precision=None),
    ]
    return {
        "examples": 4,
        "mean_average_precision": 0.925,
        "micro_f1": 0.5,
        "exact_match": 0.25,
        "loss": 0.75,
        "per_class": rows,
    }


def test_the_figures_stand_above_the_table():
    lines = format_summary({**of_pets(), "top5": 1.0, "macro_recall": 0.8}).splitlines()
    assert [line.split() for line in lines[:5]] == [
        [
            "top-1",
            "accuracy",
            "66.67%",
            "(30.0",
            "to",
            "90.3)",
            "of",
            "6;",
            "in",
            "brackets:",
            "95%",
            "confidence",
        ],
        ["top-5", "accuracy", "100.00%", "(61.0", "to", "100.0)"],
        ["macro", "recall", "80.00%"],
        ["cross-entropy", "1.0684"],
        [],
    ]


def test_several_labels_have_figures_and_a_column_of_their_own():
    lines = [line.split() for line in format_summary(several_labels()).splitlines()]
    assert lines == [
        ["mean", "average", "precision", "92.50%", "of", "4"],
        ["micro", "F1", "50.00%"],
        ["exact", "match", "25.00%", "(4.6", "to", "69.9)"],
        ["cross-entropy", "0.7500"],
        [],
        ["class", "examples", "AP", "recall", "precision", "f1"],
        ["cat", "3", "90.0%", "100.0%", "50.0%", "66.7%"],
        ["dog", "2", "95.0%", "0.0%", "-", "-"],
        ["fox", "0", "-", "-", "-", "-"],
    ]


def test_the_worst_of_several_labels_has_the_least_average_precision():
    rows = several_labels()["per_class"][::-1]
    assert [row["name"] for row in worst_first(rows)] == ["cat", "dog", "fox"]


def test_table_lists_the_worst_class_first_and_the_empty_one_last():
    text = format_summary(of_pets(*["cat", "dog", "fox"]))
    table = [line.split() for line in text.splitlines()[-3:]]
    assert table == [
        ["cat", "5", "60.0%", "100.0%", "75.0%"],
        ["dog", "1", "100.0%", "50.0%", "66.7%"],
        ["fox", "0", "-", "0.0%", "0.0%"],
    ]


def test_wide_letters_and_accents_keep_columns_aligned():
    names = ["猫猫", "cafe\N{COMBINING ACUTE ACCENT}", "dog"]  # 4, 4 and 3 columns
    rows = format_summary(of_pets(*names)).splitlines()[-3:]
    widths = {row.split()[0]: len(row) for row in rows}
    assert widths["猫猫"] + 2 == widths["dog"]
    assert widths["cafe\N{COMBINING ACUTE ACCENT}"] - 1 == widths["dog"]


def test_control_characters_of_a_name_do_not_reach_the_terminal():
    text = format_summary(of_pets(*["cat\x1b[31m", "dog\nfox", "c"]))
    assert "cat?[31m" in text
    assert "dog?fox" in text


def test_long_names_are_cut():
    rows = format_summary(of_pets(*["c" * 99, "d", "e"])).splitlines()[-3:]
    assert {len(row) for row in rows} == {40 + 10 + 9 + 11 + 9}
    assert "c" * 39 + "…" in "".join(rows)


def test_a_long_table_is_cut_and_names_the_file():
    rows = [row(f"class {i}", 1, 1.0, 1.0, 1.0) for i in range(45)]
    summary = {**of_pets(), "per_class": rows}
    text = format_summary(summary, file="test.json")
    assert text.splitlines()[-1] == "… and 5 more classes, all in test.json"
    assert "class 39 " in text
    assert "class 40 " not in text


def test_columns_of_a_table_end_below_each_other():
    assert aligned([["size", "a"], ["5", "long"]]) == ["size     a", "   5  long"]
