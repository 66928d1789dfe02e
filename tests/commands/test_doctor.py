import platform

import pytest

from bit_keras.commands import doctor
from bit_keras.training import precisions


@pytest.fixture
def done(command, monkeypatch):
    monkeypatch.setattr(doctor, "SIZE", 64)
    monkeypatch.setattr(doctor, "matrix_product_rate", lambda: 6 * 4.09e9)
    monkeypatch.setattr(precisions, "bfloat16_gains", lambda: (1.31, 1.04))
    return command("doctor")


def test_what_a_bug_report_needs_is_printed(done, cache):
    assert done.code == 0
    assert f"Python {platform.python_version()}" in done.out
    for name in ("keras ", "tensorflow ", "numpy ", "CPU: "):
        assert name in done.out
    assert f"cache {cache} (" in done.out


def test_the_folders_of_what_is_kept_are_named_with_their_limits(done, cache):
    assert f" MiB of at most 20,480 in {cache / 'converted'}, which may be" in done.out
    assert f" MiB of at most 2,048 in {cache / 'features'}, which may be" in done.out


def test_speeds_follow_from_the_rate_of_the_machine(done):
    # R50x1 takes 4.09 G multiply-adds at 224 px, so about a third of it at 128 px; a
    # training image costs six operations for each.
    line = next(line for line in done.out.splitlines() if "bit_r50x1" in line)
    assert float(line.split()[4]) == pytest.approx((224 / 128) ** 2, rel=0.01)
    assert float(line.split()[10]) == pytest.approx(3 * (224 / 128) ** 2, rel=0.01)


def test_the_precision_that_is_worth_it_is_told(done):
    assert done.out.splitlines()[-1] == (
        "In bfloat16 a small BiT trains 1.31 and predicts 1.04 times as fast as in "
        "float32; worth it: finetune --precision mixed_bfloat16"
    )


def test_float32_is_advised_where_nothing_is_gained():
    assert doctor.advice(1.05, 0.4).endswith("in float32; leave it at float32")


def test_the_rate_is_measured(monkeypatch):
    monkeypatch.setattr(doctor, "SIZE", 64)
    assert doctor.matrix_product_rate() > 1e6
