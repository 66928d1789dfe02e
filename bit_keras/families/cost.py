"""What the training of a network costs."""

# A forward pass takes two operations for each multiply-add, a backward pass twice that.
OPERATIONS_IN_TRAINING = 6


def exaflops(multiply_adds, images):
    """Gives the operations of training on so many images, in 10^18.

    Args:
        multiply_adds: of one image.
        images: that are seen, each as often as there are epochs.

    Reference: table 6 of https://arxiv.org/abs/2010.11929, whose figures for ViT it
        gives within 2 %, those of ResNets and hybrids within 5 %.
    """
    return OPERATIONS_IN_TRAINING * multiply_adds * images / 1e18
