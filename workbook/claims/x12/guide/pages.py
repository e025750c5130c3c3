"""What a guide expects of a transaction: its loops in order, and which segment may follow which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from workbook.claims.x12.guide.notation import Shapes, Spec, parse_line, parse_shapes
from workbook.engine.yaml import plain, read_yaml
from workbook.terms import WorkbookError

FOLDER = Path(__file__).parent
_PAGES = ("professional", "institutional", "dental", "remittance")


@dataclass(eq=False)
class Slot:
    """A segment's place in a loop: how often it must and may stand there. `group` counts places from the loop's head.

    Segments of one name that follow each other on the page share a group: they may come in any order.
    """

    loop: Loop
    group: int
    is_required: bool
    most: int | None
    spec: Spec

    def takes(self, name: str, key: str) -> bool:
        """True when a segment of this name and qualifier belongs here."""
        spec = self.spec
        return spec.name == name and (not spec.key or key in spec.key)


@dataclass(eq=False)
class Loop:
    """A loop of a guide where it stands: its number, what it is about, and what it holds, head segment first."""

    number: str
    about: str
    parent: Loop | None
    group: int
    is_required: bool
    most: int | None
    is_let_go: bool
    holds: list[Node] = field(default_factory=list)

    @cached_property
    def head(self) -> Slot:
        """The segment that opens the loop."""
        return next(self.slots())

    @cached_property
    def inside(self) -> frozenset[str]:
        """The numbers of the loops inside this one, at any depth."""
        loops = [node for node in self.holds if isinstance(node, Loop)]
        return frozenset(loop.number for loop in loops).union(*(loop.inside for loop in loops))

    @cached_property
    def required(self) -> tuple[Node, ...]:
        """What the loop must hold."""
        return tuple(node for node in self.holds if node.is_required)

    def slots(self) -> Iterator[Slot]:
        """The segments of this loop itself."""
        return (node for node in self.holds if isinstance(node, Slot))

    def __str__(self) -> str:
        return f"loop {self.number} ({self.about})" if self.parent else "the transaction"


Node = Slot | Loop


class Step(NamedTuple):
    """How a segment is reached from the one before: loops to close, loops to open, the segment's place.

    `how`: "" in order; "late" when its place in its loop has passed; "headless" when the loop's head is not there.
    """

    closes: int
    opens: tuple[Loop, ...]
    slot: Slot
    how: str = ""


@dataclass(frozen=True, eq=False)
class Guide:
    """One guide: its name, the versions it answers for, its loops as a tree, and its standard's segments."""

    name: str
    kind: str
    versions: tuple[str, ...]
    is_part: bool
    top: Loop
    shapes: Shapes
    steps: dict[tuple[Slot | None, str, str], Step | None] = field(default_factory=dict)

    def step(self, before: Slot | None, loop: Loop, name: str, key: str) -> Step | None:
        """Where a segment belongs that follows the segment at `before` in `loop`; None: nowhere."""
        group = before.group if before else 0
        return (
            _search(loop, group, name, key)
            or _late(loop, name, key)
            or _named(loop, group, name)
            or _headless(loop, group, name, key)
        )


def _up(loop: Loop, group: int) -> Iterator[tuple[int, Loop, int]]:
    """The loop itself and those around it: how many are closed on the way, and the group from which to look."""
    closes, here = 0, loop
    while True:
        yield closes, here, group
        if here.parent is None:
            return
        closes, group, here = closes + 1, here.group, here.parent


def _search(loop: Loop, group: int, name: str, key: str) -> Step | None:
    for closes, here, start in _up(loop, group):
        for node in here.holds:
            if node.group < start:
                continue
            if isinstance(node, Loop):
                if node.head.takes(name, key):
                    return Step(closes, (node,), node.head)
            elif node.takes(name, key) and (node.group or not here.parent):
                return Step(closes, (), node)
    return None


def _late(loop: Loop, name: str, key: str) -> Step | None:
    for closes, here, _ in _up(loop, 0):
        for node in here.holds:
            if isinstance(node, Slot) and node.group and node.takes(name, key):
                return Step(closes, (), node, "late")
    return None


def _named(loop: Loop, group: int, name: str) -> Step | None:
    """The one place that a segment of this name has in the open loop, whatever its qualifier says."""
    found = [slot for slot in loop.slots() if slot.group and slot.spec.name == name]
    return Step(0, (), found[0], "" if found[0].group >= group else "late") if len(found) == 1 else None


def _headless(loop: Loop, group: int, name: str, key: str) -> Step | None:
    """A loop whose head was left out: met at the head of a loop inside it, or at the segment that is its substance."""
    for closes, here, start in _up(loop, group):
        inner: list[tuple[Loop, ...]] = [(n,) for n in here.holds if isinstance(n, Loop) and n.group >= start]
        for path in inner:
            last = path[-1]
            for node in last.holds:
                if isinstance(node, Loop):
                    if node.head.takes(name, key):
                        return Step(closes, (*path, node), node.head, "headless")
                    inner.append((*path, node))
                elif name in _SUBSTANCE and node.takes(name, key):
                    return Step(closes, path, node, "headless")
    return None


#: Segments that stand in one kind of loop only, so that they tell a loop whose head is missing.
_SUBSTANCE = frozenset({"SBR", "PAT", "SV1", "SV2", "SV3", "CTP"})


@cache
def shapes() -> Shapes:
    """The standard's segments; see segments.yaml."""
    page = plain(read_yaml(FOLDER / "segments.yaml"))
    return parse_shapes(page["segments"], page["together"], page["told_apart_by"])


@cache
def envelope() -> Mapping[str, Spec]:
    """What the segments around transactions must be."""
    page = plain(read_yaml(FOLDER / "segments.yaml"))
    lines = (parse_line(line, shapes()) for line in page["envelope"])
    return {line.spec.name: line.spec for line in lines}


@cache
def guides() -> tuple[Guide, ...]:
    """Every guide that has a page."""
    pages: dict[str, dict[str, Any]] = {name: plain(read_yaml(FOLDER / f"{name}.yaml")) for name in _PAGES}
    return tuple(_guide(page, pages) for page in pages.values())


def guide_of(kind: str, version: str) -> Guide | None:
    """The guide that a transaction follows; None when there is no page for it."""
    return next((g for g in guides() if g.kind == kind and version in g.versions), None)


def _guide(page: dict[str, Any], pages: dict[str, dict[str, Any]]) -> Guide:
    loops = {**pages[page["like"]]["loops"], **page["loops"]} if "like" in page else page["loops"]
    top = Loop("transaction", "the whole of it", None, 0, True, 1, True)
    _fill(top, page["transaction"], loops)
    return Guide(page["guide"], page["kind"], tuple(page["versions"]), "like" in page, top, shapes())


def _fill(loop: Loop, lines: tuple[str, ...], loops: Mapping[str, Any]) -> None:
    group, before = -1, ""
    for text in lines:
        if text.startswith("loop "):
            _, number, use = text.split()
            if number not in loops:
                raise WorkbookError(f"a guide's page: loop {number} is named and not described")
            held = loops[number]
            most = None if use[1:] == ">1" else int(use[1:])
            inner = Loop(number, held["is"], loop, 0, use[0] == "R", most, bool(held.get("let_go")))
            _fill(inner, held["holds"], loops)
            node: Node = inner
            name = inner.head.spec.name
        else:
            line = parse_line(text, shapes())
            name = line.spec.name
            node = Slot(loop, 0, line.is_required, line.most, line.spec)
        group += name != before
        before = name
        node.group = group
        loop.holds.append(node)
