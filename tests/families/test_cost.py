from bit_keras import analysis
from bit_keras.families.cost import exaflops


def test_training_takes_six_operations_for_each_multiply_add():
    assert exaflops(1e9, 2e9) == 12


def test_analysis_counts_exaflops_too():
    assert analysis.exaflops is exaflops
