"""Two hundred and fifty files of others: none raises, the malformed are told apart, and two other programs agree."""

from __future__ import annotations

import io
import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbook.claims.x12.check import check
from workbook.terms import WorkbookError

IMSWEB = "imsweb+x12-parser/src/test/resources/837_5010/"
STUPIDEDI = "kputnam+stupidedi/spec/fixtures/005010/"
OWN_PAGES = ("X221A1", "X222A1", "X223A2", "X224A2")
Facts = list[dict[str, Any]]


@pytest.fixture(scope="module")
def facts(shared: Path) -> Facts:
    """What is known of each file."""
    found: Facts = json.loads((shared / "x12" / "facts.json").read_text())
    return found


def errors(path: Path, most: int = 2) -> list[dict[str, Any]]:
    return [row for row in check(path).to_pylist() if row["level"] <= most and row["severity"] == "error"]


def test_no_file_raises_anything_but_one_clear_message(shared: Path, facts: Facts) -> None:
    assert len(facts) == 250
    refused = []
    for fact in facts:
        try:
            assert isinstance(check(shared / "x12" / fact["file"]), pa.Table)
        except WorkbookError as error:
            refused.append(fact["file"])
            assert fact["file"] in str(error)
    assert not [file for file in refused if "837" in Path(file).name or "835" in Path(file).name]


#: malformed file → what its name says is wrong, as (segment number, element or segment, words)
MALFORMED = {
    "x12_bad_first_line.txt": (1, "ISA02", "ISA02 has 9 characters where 10 were expected"),
    "x12_bad_segment_identifier.txt": (11, "Nd4", "'Nd4' is not a segment of the 837P"),
    "x12_bad_valid_code.txt": (9, "NM1", "NM1*117 is not expected in loop 2000A (billing provider level)"),
    "x12_loop_errors1_exceeds_max_1_parent.txt": (15, "NM1", "loop 2010AA (billing provider) comes 2 times"),
    "x12_loop_errors2_exceeds_max_repeats_multiple_parents.txt": (34, "NM1", "loop 2010AA (billing provider) comes 2 times"),
    "x12_loop_errors3_missing_loops.txt": (8, "NM1", "loop 2010AA (billing provider) is missing"),
    "x12_missing_elements.txt": (7, "NM102", "NM102 is missing"),
    "x12_missing_required_loop_in_one_repeat.txt": (18, "NM1", "loop 2010BA (subscriber) is missing"),
    "x12_missing_required_loops_mult_repeats.txt": (33, "SV1", "SV1 stands without LX before it"),
    "x12_no_isa_line.txt": (1, "GS", "the file begins with GS, not ISA"),
    "x12_segment_errors.txt": (9, "N3", "N3 is missing in loop 2010AA (billing provider)"),
    "x12_segments_out_of_order.txt": (12, "N4", "N4 comes after REF*EI/SY in loop 2010AA (billing provider)"),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_told_for_what_its_name_says(shared: Path, name: str) -> None:
    number, element, words = MALFORMED[name]
    rows = check(shared / "x12" / IMSWEB / name).to_pylist()
    held = [r["message"] for r in rows if (r["segment_number"], r["element"] or r["segment"]) == (number, element)]
    assert any(words in message for message in held), held


def test_the_examples_of_the_guides_have_no_error_but_those_that_are_in_them(shared: Path, facts: Facts) -> None:
    found = {}
    for fact in facts:
        file = fact["file"]
        if file.startswith(STUPIDEDI) and "/pass/" in file and any(guide in file for guide in OWN_PAGES):
            rows = errors(shared / "x12" / file)
            found[file] = [(r["segment_number"], r["message"]) for r in rows]
    assert len(found) == 36
    assert {Path(file).name: rows for file, rows in found.items() if rows} == {
        # its statement date is sent as a span (RD8) of one date: DTP*434*RD8*19960911
        "837-institutional-claim.edi": [(23, "DTP03 is not CCYYMMDD-CCYYMMDD, as its qualifier RD8 says")],
    }


#: file → why pyx12 finds it invalid and we find no error at levels 1 and 2
STRICTER = {
    "oxygen.edi": "PWK02 AD: its map knows one of the two PWK that may carry a certificate",
    "wheelchair.edi": "PWK02 AD, as above",
    "automobile-accident.edi": "a ZIP code of five digits for the biller: level 4 here",
    "two-claims-for-the-same-provider.edi": "a ZIP code of five digits for the biller: level 4 here",
    "sample1.txt": "an empty element at a segment's end: a warning here",
}
#: not in pyx12 (dental, predeterminations), not here (4010), or thousands of times the same
NOT_ASKED = ("X224A", "X29", "4010", "837d", "x12_many_claims", "x12_multiple_transactions")
#: versions whose pages are one here, and of which pyx12 has the other
SAME = {
    "005010X222A2": "005010X222A1", "005010X222~": "005010X222A1~", "005010X223A3": "005010X223A2",
    "005010X223A1": "005010X223A2", "005010X221~": "005010X221A1~",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files it opens and does not close
def test_pyx12_agrees_on_which_files_are_valid(
    shared: Path, facts: Facts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked only where it opens the file: not bytes beyond ASCII, an ISA that is not padded, a GS without version."""
    import pyx12.map_if
    import pyx12.params
    import pyx12.x12n_document

    monkeypatch.setattr(pyx12.map_if, "load_map_file", cache(pyx12.map_if.load_map_file))  # else read for each file
    parameters = pyx12.params.params()
    logging.disable(logging.CRITICAL)
    agreed, ours_alone, theirs_alone = 0, [], set()
    for fact in facts:
        file = fact["file"]
        if fact["kind"][:3] not in ("837", "835") or any(part in file for part in NOT_ASKED):
            continue
        text = (shared / "x12" / file).read_bytes().decode("latin-1").lstrip("\ufeff")
        for version, known in SAME.items():
            text = text.replace(version, known)
        copy = tmp_path / "copy.edi"
        copy.write_text(text, encoding="latin-1")
        try:
            report = io.StringIO()
            is_valid = pyx12.x12n_document.x12n_document(parameters, str(copy), None, None, fd_json=report)
        except Exception:  # it raises many kinds on what it cannot open
            continue
        if not report.getvalue():
            continue
        mine = bool(errors(copy))
        if is_valid and mine:
            ours_alone.append(file)
        elif not is_valid and not mine:
            theirs_alone.add(Path(file).name)
        else:
            agreed += 1
    logging.disable(logging.NOTSET)
    assert ours_alone == []
    assert theirs_alone == set(STRICTER)
    assert agreed >= 75
