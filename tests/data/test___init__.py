import bit_keras as bk


def test_load_gives_batches_for_fit():
    recipe = bk.recipes.Recipe(resize=12, crop=10, batch_size=7, steps=3)
    batches = list(bk.data.load("digits", recipe))
    assert [images.shape for images, _ in batches] == 3 * [(7, 10, 10, 3)]
    assert [labels.shape for _, labels in batches] == 3 * [(7, 10)]
    test = bk.data.load("digits", recipe, split="test")
    assert sum(len(labels) for _, labels in test) == 359


def test_the_seed_of_load_takes_the_place_of_the_recipes():
    recipe = bk.recipes.Recipe(resize=12, crop=10, batch_size=7, steps=1, seed=4)
    own, same, other = (
        next(iter(bk.data.load("digits", recipe, **seed)))[0].numpy()
        for seed in ({}, {"seed": 4}, {"seed": 5})
    )
    assert (own == same).all()
    assert (own != other).any()
