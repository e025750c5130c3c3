"""Files with faults for readers that must agree: segments lost, doubled, moved, put in or changed, by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence


def segments_of(text: str) -> list[str]:
    """The segments of a file whose terminator is a tilde."""
    return [segment for segment in text.replace("\n", "").split("~") if segment]


def mutated(segments: Sequence[str], seed: int, odd: Sequence[str], others: Sequence[str] = ()) -> list[str]:
    """Segments with up to six faults: `odd` values take the place of elements, `others` are segments put in."""
    chance = random.Random(seed)
    found = list(segments)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(1, len(found))
        act = chance.randrange(8 if others else 6)
        if act == 0:
            del found[place]
        elif act == 1:
            found.insert(chance.randrange(1, len(found)), found[place])
        elif act == 2:
            found.insert(place + chance.randrange(-2, 3), found.pop(place))
        elif act > 5:
            found.insert(place, chance.choice(others))
        else:
            elements = found[place].split("*")
            if act == 3:
                elements.append(chance.choice(odd))
            else:
                elements[chance.randrange(1, max(2, len(elements))) % len(elements)] = chance.choice(odd)
            found[place] = "*".join(elements)
    return found
