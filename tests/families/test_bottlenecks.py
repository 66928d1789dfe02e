from bit_keras.families.bottlenecks import ResNetStem, part


def test_stem_of_the_paper_has_the_stride_of_its_stages():
    assert [ResNetStem((1,) * n).stride for n in range(5)] == [4, 4, 8, 16, 32]


def test_sides_are_halved_upwards():
    assert [part(side, 2) for side in (1, 2, 5)] == [1, 1, 3]
