"""The Tabular is whole: every node, every note with the node it stands on, and every reference resolves or is listed."""

from bisect import bisect_left
from collections import Counter

import pytest

from workbook.codes.tabular import Reference, ancestors, nodes, notes, notes_of, references

#: the Tabular's own slips: codes it names that it does not have
UNRESOLVED = {
    ("F02", "G31.90"),
    ("R1085", "R10.1-R10.4-"),
    ("21", "A00-Y89"),
}


def test_it_counts_what_the_april_2026_release_holds():
    assert Counter(nodes()["kind"].to_pylist()) == {
        "chapter": 22, "block": 258, "category": 1_918, "subcategory": 21_763, "code": 74_505,
    }  # fmt: skip
    assert sum(nodes()["is_billable"].to_pylist()) == 74_719  # 74,505 codes and 214 categories that are not divided
    assert Counter(notes()["kind"].to_pylist()) == {
        "inclusion_term": 12_574, "excludes1": 5_403, "excludes2": 2_520, "seventh_character": 1_790,
        "use_additional": 1_485, "includes": 1_024, "code_first": 809, "code_also": 655, "note": 180,
    }  # fmt: skip


def test_ancestors_go_from_the_nearest_up_to_the_chapter():
    assert ancestors("E1142") == ["E114", "E11", "E08-E13", "4"]
    assert ancestors("S72001A") == ["S72001", "S7200", "S720", "S72", "S70-S79", "19"]


@pytest.mark.parametrize(("code", "chapter"), [("B20", "1"), ("F99", "5"), ("P84", "16"), ("R99", "18"), ("Z66", "21")])
def test_a_block_of_one_category_is_that_category(code, chapter):
    assert ancestors(code)[-1] == chapter
    assert code not in ancestors(code)


def test_notes_are_inherited_with_the_node_they_stand_on_and_inclusion_terms_are_not():
    excludes = [(n.on, n.text) for n in notes_of("E1142", ["excludes1"])]
    assert ("E11", "type 1 diabetes mellitus (E10.-)") in excludes
    assert {n.on for n in notes_of("S72001A", ["seventh_character"])} == {"S72"}
    assert {n.on for n in notes_of("E1142", ["inclusion_term"])} == {"E1142"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("diabetes mellitus (E08-E13)", [("E08", "E13")]),
        ("sepsis (O98.-)", [("O98", "O98")]),
        ("postprocedural sepsis (T81.44-)", [("T8144", "T8144")]),
        ("localized abdominal pain (R10.1-R10.4-)", [("R101", "R104")]),
        ("insulin (Z79.4, Z79.84)", [("Z794", "Z794"), ("Z7984", "Z7984")]),
        ("multiple sclerosis (G35-)", [("G35", "G35")]),
        ("rheumatoid arthritis (M05.00 to M05.8A)", [("M0500", "M058A")]),
        ("open fracture of pelvis (S32.1--S32.9 with 7th character B)", [("S321", "S329")]),
        ("code from category E11 to further identify any manifestation", [("E11", "E11")]),
        ("vitamin B12 deficiency anemia (D51.-)", [("D51", "D51")]),
        ("influenza A/H1N1 (J10.-)", [("J10", "J10")]),
        ("glucose-6-phosphate dehydrogenase (G6PD) deficiency without anemia (D75.A)", [("D75A", "D75A")]),
        ("no code at all", []),
    ],
)
def test_references_are_read_in_every_way_the_tabular_writes_them(text, expected):
    assert [(r.first, r.last) for r in references(text)] == expected


@pytest.mark.parametrize(("code", "is_in"), [("E0800", True), ("E139", True), ("E14", False), ("E07", False)])
def test_a_range_holds_everything_below_its_ends(code, is_in):
    assert (code in Reference("E08", "E13", "E08-E13")) is is_in


def test_every_reference_in_every_note_resolves_or_is_listed_here():
    known = sorted(nodes()["code"].to_pylist())

    def resolves(start: str) -> bool:
        at = bisect_left(known, start)
        return at < len(known) and known[at].startswith(start)

    unresolved, checked = set(), 0
    for code, kind, text in zip(*(notes()[c].to_pylist() for c in ("code", "kind", "text")), strict=True):
        for reference in references(text) if kind != "inclusion_term" else ():
            checked += 1
            if not (resolves(reference.first) and resolves(reference.last)):
                unresolved.add((code, reference.written))
    assert unresolved == UNRESOLVED
    assert checked > 9_000
