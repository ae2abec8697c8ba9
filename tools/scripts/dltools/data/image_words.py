"""What the log says of images before anything is done with them: how many, of which kinds, and what becomes of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from dltools.core.dataset import Dataset
from dltools.data import image_options
from dltools.images import image_spec
from dltools.images.image_header import ImageHeader
from dltools.images.image_spec import ImageSpec

# From this change of the proportions on, it is worth a word.
_DISTORTED = 1.1


def tell(source: Dataset, headers: Sequence[ImageHeader], spec: ImageSpec) -> None:
    """Print what images there are, and what is done with them.

    Parameters:
        headers: of all images.
    """
    print(f"{source}: {_contents(headers)}")
    print(_done(spec))
    for count, told in _changes(headers, spec):
        if count:
            print(f"{count} of {len(headers)} images {told}")
    print(end="", flush=True)


def _contents(headers: Sequence[ImageHeader]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(header.format for header in headers).most_common())
    heights, widths = ([getattr(header, name) for header in headers] for name in ("height", "width"))
    smallest, largest = f"{min(heights)} x {min(widths)}", f"{max(heights)} x {max(widths)}"
    sizes = smallest if smallest == largest else f"from {smallest} to {largest}"
    bits = " or ".join(
        f"{bits} bits{' (fractions)' if fractions else ''}"
        for bits, fractions in sorted({(header.bits, header.fractions) for header in headers})
    )
    return f"{len(headers)} images ({kinds}), {sizes} pixels (height x width), {bits}"


def _done(spec: ImageSpec) -> str:
    *pages, height, width, _ = spec.shape
    stacks = f"stacks of {pages[0]} pages of " if pages else ""
    white = "" if spec.scale in image_options.WITHOUT_WHITE else f" (white is {spec.white:g})"
    return (
        f"Images of another size are {image_options.FITTED[spec.fit]} to {stacks}{height} x {width} pixels. The "
        f"network gets {image_options.told(spec.scale)}{white}."
    )


def _changes(headers: Sequence[ImageHeader], spec: ImageSpec) -> Iterator[tuple[int, str]]:
    """Yield how many images each change is about, and what it is."""
    *_, height, width, _ = spec.shape
    if spec.page is not None:
        yield _count(headers, lambda own: own.pages > 1), f"have several pages, of which page {spec.page} is taken."
    if spec.fit == image_spec.STRETCH:
        yield (
            _count(headers, lambda own: _distorted(own, height, width)),
            "change their proportions, by more than a tenth, as they are stretched; 'Size and scale of the images' of "
            "the training can cut or pad images instead.",
        )


def _count(headers: Sequence[ImageHeader], is_meant: Callable[[ImageHeader], bool]) -> int:
    return sum(map(is_meant, headers))


def _distorted(header: ImageHeader, height: int, width: int) -> bool:
    change = (header.height / header.width) / (height / width)
    return max(change, 1 / change) > _DISTORTED
