"""Where in its guide does each segment of a transaction stand, and what is missing, misplaced or too many there?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from workbook.claims.x12.guide.pages import Guide, Loop, Slot, Step
from workbook.claims.x12.values import cell

_STEPS_KEPT = 20_000  # qualifiers that no guide knows must not fill the memory
#: Segments of one name, and loops, that a loop keeps to be judged together: no guide allows so many.
_HELD = 5_000
#: Segments that open loops: what follows one that is not known here cannot be placed either, and is not told again.
_HEADS = frozenset({"HL", "NM1", "N1", "LX", "CLM", "CLP", "SVC", "SVD"})
_CLAIM_LOOPS = frozenset({"2300", "2100"})


class Tell(Protocol):
    """How a fault is told: words, segment number, segment, element, and its kind where the words are not enough."""

    def __call__(
        self, message: str, number: int | None = None, segment: str | None = None, element: str | None = None,
        *, level: int = 1, severity: str = "error", claim_id: str | None = None, kind: str | None = None,
    ) -> None:  # fmt: skip
        """Tell it."""


class Instance:
    """One loop that was sent: its segments by name as (number, elements), and the loops inside that are kept."""

    __slots__ = ("children", "counts", "loop", "named", "number", "parent")

    def __init__(self, loop: Loop, parent: Instance | None, number: int) -> None:
        self.loop, self.parent, self.number = loop, parent, number
        self.named: dict[str, list[tuple[int, list[str]]]] = {}
        self.children: list[Instance] = []
        self.counts: dict[Slot | Loop, int] = {}

    @property
    def claim_id(self) -> str | None:
        """The claim (CLM01, CLP01) this loop is or is inside of."""
        here: Instance | None = self
        while here and here.loop.number not in _CLAIM_LOOPS:
            here = here.parent
        head = here.named.get(here.loop.head.spec.name) if here else None
        return cell(head[0][1], 1) or None if head else None

    def all(self) -> Iterator[Instance]:
        """This loop and every kept loop inside."""
        yield self
        for child in self.children:
            yield from child.all()


class Track:
    """The open loops of one transaction. `closed` is called with each loop that is let go, when it has ended."""

    def __init__(self, guide: Guide, number: int, tell: Tell, closed: Callable[[Instance], Any]) -> None:
        self.guide, self._tell, self._closed = guide, tell, closed
        self._told_apart_by = guide.shapes.told_apart_by
        self._severity = "warning" if guide.is_part else "error"
        self.here = self.top = Instance(guide.top, None, number)
        self._before: Slot | None = None
        self._levels = 0
        self._is_lost = False  # behind the head of a loop that is unknown, until a segment has a place again

    def add(self, number: int, elements: list[str], component: str) -> Slot | None:
        """Find a segment's place, closing and opening loops on the way; None when it has none here."""
        name = elements[0]
        place = self._told_apart_by.get(name)
        key = elements[place].split(component, 1)[0].strip() if place and place < len(elements) else ""
        step = self._step(name, key)
        if self._is_lost and (step is None or step.how == "late"):
            return None
        self._is_lost = step is None and name in _HEADS
        if step is None:
            shown = f"{name}*{key[:3]}" if key else name
            self._tell(f"{shown} is not expected in {self.here.loop}", number, name, level=2, severity=self._severity,
                       claim_id=self.here.claim_id, kind=f"not expected in {self.here.loop.number}")  # fmt: skip
            return None
        holder = self._holder_of_late(step, number) if step.how == "late" else self._enter(step, number)
        self._count(holder, step.slot, number)
        held = holder.named.setdefault(name, [])
        if len(held) < _HELD:
            held.append((number, elements))
        if name in ("HL", "LX"):
            self._check_number(number, elements)
        return step.slot

    def _enter(self, step: Step, number: int) -> Instance:
        """Close and open loops on the way to a segment; the loop it is in."""
        for _ in range(step.closes):
            self._close()
        for loop in step.opens:
            self._open(loop, number)
        if step.how == "headless":
            last = step.opens[-1]
            missing = step.opens[0].head if step.slot is last.head else last.head
            message = (
                f"{step.slot.spec.label} stands without {missing.spec.label} before it, which opens {missing.loop}"
            )
            self._told(message, number, step.slot.spec.name)
        self._before = step.slot
        return self.here

    def _holder_of_late(self, step: Step, number: int) -> Instance:
        """The open loop a segment belongs to whose place there has passed; reading goes on where it was."""
        holder = self.here
        for _ in range(step.closes):
            holder = holder.parent or holder
        label = step.slot.spec.label
        self._told(
            f"{label} comes after {self._label()} in {holder.loop}; it belongs before it", number, step.slot.spec.name
        )
        return holder

    def end(self) -> None:
        """End the transaction."""
        while self.here.parent:
            self._close()
        self._finish(self.top)

    def _label(self) -> str:
        return self._before.spec.label if self._before else "the transaction's begin"

    def _step(self, name: str, key: str) -> Step | None:
        asked = (self._before, name, key)
        steps = self.guide.steps
        if asked in steps:
            return steps[asked]
        step = self.guide.step(self._before, self.here.loop, name, key)
        if len(steps) < _STEPS_KEPT:
            steps[asked] = step
        return step

    def _told(self, message: str, number: int, segment: str) -> None:
        self._tell(message, number, segment, level=2, claim_id=self.here.claim_id)

    def _open(self, loop: Loop, number: int) -> None:
        self._count(self.here, loop, number)
        self.here = Instance(loop, self.here, number)

    def _close(self) -> None:
        ended = self.here
        self._finish(ended)
        assert ended.parent is not None
        self.here = ended.parent
        if not ended.loop.is_let_go and len(self.here.children) < _HELD:
            self.here.children.append(ended)

    def _finish(self, ended: Instance) -> None:
        for node in ended.loop.required:
            if node not in ended.counts:
                what = f"{node}" if isinstance(node, Loop) else node.spec.label
                name = node.head.spec.name if isinstance(node, Loop) else node.spec.name
                head = ended.loop.head
                if node is not head or ended.loop is self.guide.top:
                    self._tell(f"{what} is missing in {ended.loop}; the guide requires it", ended.number, name,
                               level=2, claim_id=ended.claim_id)  # fmt: skip
        if ended.loop.is_let_go:
            self._closed(ended)

    def _count(self, instance: Instance, node: Slot | Loop, number: int) -> None:
        count = instance.counts[node] = instance.counts.get(node, 0) + 1
        if node.most is not None and count > node.most:
            is_loop = isinstance(node, Loop)
            what = str(node) if isinstance(node, Loop) else node.spec.label
            name = node.head.spec.name if isinstance(node, Loop) else node.spec.name
            self._tell(
                f"{what} comes {count} times in {instance.loop}; at most {node.most} may stand there",
                number, name, level=2, claim_id=instance.claim_id, kind=f"most {what} {instance.loop.number} {is_loop}",
            )  # fmt: skip

    def _check_number(self, number: int, elements: list[str]) -> None:
        """HL01 counts from 1 in a transaction, LX01 of an 837 from 1 in a claim."""
        name = elements[0]
        if name == "HL":
            self._levels += 1
            expected = self._levels
        elif name == "LX" and self.guide.kind == "837" and self.here.parent:
            expected = self.here.parent.counts[self.here.loop]
        else:
            return
        if (found := cell(elements, 1)) != str(expected):
            self._tell(
                f"{name}01 is {found[:12]!r}; expected {expected}, the next number", number, name, f"{name}01",
                level=2, claim_id=self.here.claim_id, kind=f"count {name}",
            )  # fmt: skip
            if name == "HL" and found.isdigit():
                self._levels = int(found[:9])
