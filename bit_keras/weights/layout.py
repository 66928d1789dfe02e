"""What a layout of weight files is: names and shapes for the variables of a network."""

import collections.abc
import dataclasses


@dataclasses.dataclass(frozen=True)
class Slot:
    """The place of one variable in a file.

    Attributes:
        variable: of the network.
        shape: of the stored array.
        convert: function from the stored array to the variable's, for arrays that are
            stored transposed, say; None where a new shape is enough.
        restore: function from the variable's array to the stored one, likewise.
        takes: function from the shape of a stored array to whether it fits, where
            files differ; None where only `shape` does.
        resize: function from the stored array and "bilinear" or "bicubic" to the
            variable's, for positions, which depend on the size of the images; or None.
    """

    variable: object
    shape: tuple[int, ...]
    convert: collections.abc.Callable | None = None
    restore: collections.abc.Callable | None = None
    takes: collections.abc.Callable | None = None
    resize: collections.abc.Callable | None = None

    def fits(self, shape):
        """Says whether a stored array of this shape fits."""
        return self.takes(shape) if self.takes else shape == self.shape

    def from_file(self, array, interpolation="bilinear"):
        """Gives a float32 array for the variable from the stored one."""
        array = array.astype("float32", copy=False)
        if self.resize:
            array = self.resize(array, interpolation)
        if self.convert:
            array = self.convert(array)
        return array.reshape(tuple(self.variable.shape))

    def to_file(self, array):
        """Gives the float32 array to store from the variable's."""
        array = array.astype("float32", copy=False)
        if self.restore:
            array = self.restore(array)
        return array.reshape(self.shape)


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a file has the array of one slot.

    Attributes:
        name: of an array in the file.
        shape: of the slot's array.
        place: of the slot's array along the first axis of that in the file, where it is
            a stack of several; None where it is the whole.
    """

    name: str
    shape: tuple[int, ...]
    place: int | None = None

    def part(self, array):
        """Gives the slot's array from that in the file."""
        return array if self.place is None else array[self.place]


def _same(name):
    return name


def _none(shapes):
    return None


@dataclasses.dataclass(frozen=True)
class Layout:
    """How files name and shape the weights of a family.

    Attributes:
        title: what a file of this layout is called, such as "an official BiT file".
        recognizes: function from the names in a file to whether it has this layout.
        slots: function from a network to a dictionary from stored name to `Slot`; it
            is empty for a network of another kind.
        head: names of the arrays of the head. The last has one number per class.
        describe: function from a dictionary of stored name to shape to words on which
            network they make, such as "units 3-4-6-3, root width 64".
        plain_name: function from a name in a file to the name in `slots`, where files
            differ; with {} for the number where the array is a stack of several; None
            for what no network has a variable for.
        optional: names of arrays in a file that a network may do without.
        side: function from a dictionary of stored name to shape to how many patches
            stand along a side of the images that a file is for, None for any number.
    """

    title: str
    recognizes: collections.abc.Callable
    slots: collections.abc.Callable
    head: tuple[str, ...]
    describe: collections.abc.Callable
    plain_name: collections.abc.Callable = _same
    optional: tuple[str, ...] = ()
    side: collections.abc.Callable = _none

    def num_classes(self, shapes):
        """Gives the classes of a file's head from its shapes, None for no head."""
        shape = shapes.get(self.head[-1])
        return shape[-1] if shape else None
