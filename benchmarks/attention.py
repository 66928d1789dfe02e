"""Ways of writing attention between its dense layers, forward and with gradients."""

import argparse
import statistics

from benchmarks.timing import median_ratio, seconds, timed
from bit_keras.commands.shared import import_tensorflow

IMAGES, TOKENS = 8, 197
WAYS = ("three products", "one product", "einsum")


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attention", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=20, help="default: 20")
    args = parser.parse_args()
    import_tensorflow()

    for hidden, heads in ((384, 6), (768, 12)):
        for title, passes in (("forward", forward), ("with gradients", gradients)):
            variants = {way: timed(passes(*parts(way, hidden, heads))) for way in WAYS}
            taken = seconds(variants, args.rounds)
            for way, own in taken.items():
                ratio = median_ratio(own, taken[WAYS[0]])
                print(
                    f"{hidden} numbers, {title}, {way}: "
                    f"{1e3 * statistics.median(own):.1f} ms, {ratio:.2f} times"
                )


def parts(way, hidden, heads):
    """Gives (function of tokens, tokens, variables) of queries, keys and values."""
    import tensorflow as tf

    tokens = tf.random.normal((IMAGES, TOKENS, hidden))
    widths = [3 * hidden] if way == "one product" else 3 * [hidden]
    kernels = [tf.Variable(tf.random.normal((hidden, w), 0, 0.02)) for w in widths]
    biases = [tf.Variable(tf.zeros(width)) for width in widths]
    mix = by_einsum if way == "einsum" else by_products

    def attend(tokens):
        projected = [
            tf.nn.bias_add(tf.tensordot(tokens, kernel, 1), bias)
            for kernel, bias in zip(kernels, biases, strict=True)
        ]
        if way == "one product":
            projected = tf.split(projected[0], 3, axis=-1)
        shape = (IMAGES, TOKENS, heads, hidden // heads)
        mixed = mix(*[tf.reshape(part, shape) for part in projected])
        return tf.reshape(mixed, (IMAGES, TOKENS, hidden))

    return attend, tokens, [*kernels, *biases]


def by_products(query, key, value):
    import tensorflow as tf

    query = tf.transpose(query, (0, 2, 1, 3)) * query.shape[-1] ** -0.5
    weights = tf.nn.softmax(query @ tf.transpose(key, (0, 2, 3, 1)))
    return tf.transpose(weights @ tf.transpose(value, (0, 2, 1, 3)), (0, 2, 1, 3))


def by_einsum(query, key, value):
    import tensorflow as tf

    query *= query.shape[-1] ** -0.5
    weights = tf.nn.softmax(tf.einsum("bqhd,bkhd->bhqk", query, key))
    return tf.einsum("bhqk,bkhd->bqhd", weights, value)


def forward(attend, tokens, variables):
    import tensorflow as tf

    return tf.function(lambda: tf.reduce_sum(attend(tokens)))


def gradients(attend, tokens, variables):
    import tensorflow as tf

    @tf.function
    def run():
        with tf.GradientTape() as tape:
            tape.watch(tokens)
            total = tf.reduce_sum(attend(tokens) ** 2)
        return tape.gradient(total, [tokens, *variables])

    return run


if __name__ == "__main__":
    main()
