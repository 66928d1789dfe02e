from bit_keras.models import BiTSpec
from bit_keras.training import precisions


def test_training_and_prediction_are_timed_in_both_precisions(monkeypatch):
    monkeypatch.setattr(precisions, "SPEC", BiTSpec((1,), 0.5))
    monkeypatch.setattr(precisions, "SIZE", 32)
    clock = iter(range(1000))
    # From one reading to the next passes as much more as there were readings before.
    monkeypatch.setattr(
        precisions.time, "perf_counter", lambda: float(next(clock)) ** 2
    )
    training, prediction = precisions.bfloat16_gains()
    assert 0 < prediction < 1
    assert 0 < training < 1
