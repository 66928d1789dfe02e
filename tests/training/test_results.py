def weights_of(run):
    return run.network().get_weights()


def same(arrays, others):
    return all((a == b).all() for a, b in zip(arrays, others, strict=True))


def test_the_averages_are_what_is_saved_and_the_result_says_so(digits, capsys):
    run = digits("run", "ema_decay=0.9", "steps=6", "base_lr=0.05")
    assert (
        "saved: moving averages of the weights (decay 0.9)" in capsys.readouterr().out
    )
    assert not same(
        weights_of(run), weights_of(digits("plain", "steps=6", "base_lr=0.05"))
    )


def test_the_best_weights_are_what_is_saved_and_the_result_says_so(digits, capsys):
    # The first step has the rate 0, and the others destroy what is there.
    fields = ("steps=4", "base_lr=3", "warmup_steps=3", "momentum=0")
    choose = ("evaluate_every=1", "best_metric=loss")
    run = digits("run", *fields, *choose)
    assert "those after step 1, whose loss on the held-out images is best" in (
        capsys.readouterr().out
    )
    assert not same(weights_of(run), weights_of(digits("last", *fields, choose[0])))


def test_a_result_that_is_no_better_than_chance_is_doubted(digits, capsys):
    run = digits("run", "base_lr=1e-9")
    assert "This is not clearly above chance" in capsys.readouterr().out
    report = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "This is not clearly above chance" in report
