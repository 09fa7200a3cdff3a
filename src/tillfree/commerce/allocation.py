"""A sum shared out in whole units: nothing is lost to rounding, and nobody gets more than their part rounded up."""

from collections.abc import Sequence

from tillfree.commerce.errors import CommerceError

__all__ = ["allocate"]


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion to weights, by largest remainders (Hamilton's method); equal remainders in their order.

    The parts sum to `total`; each is its exact share rounded down or up, so none is above its weight as long as `total`
    is not above the sum of the weights. Where all weights are zero, so must the total be.

    Raises:
        CommerceError: a negative weight or total, or something to share out among nothing.
    """
    whole = sum(weights)
    if total < 0 or min(weights, default=0) < 0 or (total and not whole):
        raise CommerceError(f"{total} cannot be shared out in proportion to {list(weights)[:10]}")
    if not total:
        return [0] * len(weights)
    parts = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in parts]
    left = total - sum(shares)
    if left:
        for index in sorted(range(len(parts)), key=lambda i: -parts[i][1])[:left]:
            shares[index] += 1
    return shares
