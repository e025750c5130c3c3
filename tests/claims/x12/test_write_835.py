"""A remittance that balances becomes an 835 others can read; one that does not is refused."""

from __future__ import annotations

import stat
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pyx12.params
import pyx12.x12n_document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from x12sdk.io import X12ModelReader

from tests.claims.x12.test_public_files import PUBLIC, REMITTANCES
from tests.claims.x12.x12_snippets import CLINIC, REMITTANCE, remittance_835, save
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.claims.x12.read_835 import read_remittance
from workbook.claims.x12.write_835 import format_835, write_835
from workbook.terms import WorkbookError

Rows = dict[str, list[dict[str, Any]]]
D = Decimal


@pytest.fixture
def sample(tmp_path: Path) -> Rows:
    """The sample remittance as rows, to be changed."""
    remittance = read_remittance(save(tmp_path, remittance_835(), "sample.835"))
    return {name: table.to_pylist() for name, table in remittance.arrow.items()}


def remit(rows: Rows) -> Remittance:
    return Remittance({name: REMITTANCE_TABLES[name].from_rows(found) for name, found in rows.items()})


def test_the_text_is_what_the_guide_asks_for(sample: Rows) -> None:
    segments = format_835(remit(sample)).split("~\n")
    isa = segments[0].split("*")
    assert isa[5:11] == ["ZZ", "10112          ", "ZZ", f"{CLINIC}     ", "250301", "0000"]
    assert isa[11:] == ["^", "00501", segments[-2][-9:], "0", "T", ":"]
    assert segments[2:-4] == [
        "ST*835*0001",
        "BPR*I*80.00*C*CHK************20250301",
        f"TRN*1*CHECK77*{segments[4][-10:]}",
        "DTM*405*20250301",
        "N1*PR*SAMPLE MEDICARE",
        "N3*ADDRESS NOT ON FILE",
        "N4*NOT ON FILE",
        "REF*2U*10112",
        "PER*BL*CONTACT NOT ON FILE*TE*0000000000",
        f"N1*PE*SAMPLE CLINIC*XX*{CLINIC}",
        "LX*1",
        "CLP*PCN1*1*125.00*80.00*20.00*MB*ICN9",
        "NM1*QC*1*EXAMPLE*PAT****MI*M0001",
        "MOA***MA01",
        "SVC*HC:99213:25*125.00*80.00**1",
        "DTM*472*20250114",
        "CAS*CO*45*25.00",
        "CAS*PR*2*20.00",
        "REF*6R*1",
        "AMT*B6*100.00",
        "LQ*HE*N130",
    ]
    assert segments[-4] == "SE*22*0001"
    assert segments[-1] == ""


@pytest.mark.parametrize("fact", REMITTANCES, ids=lambda f: Path(f["file"]).name)
def test_a_public_remittance_comes_back_row_by_row_or_is_refused_with_what_is_wrong(
    fact: dict[str, Any], tmp_path: Path
) -> None:
    remittance = read_remittance(PUBLIC / fact["file"])
    try:
        write_835(remittance, tmp_path / "again.835")
    except WorkbookError as error:
        unbalanced = not remittance.is_balanced
        undated = remittance.arrow["remittance"]["payment_date"].null_count > 0
        assert unbalanced or undated
        assert "does not balance" in str(error) or "an 835 must state payment_date" in str(error)
        return
    back = read_remittance(tmp_path / "again.835")
    for name, table in remittance.arrow.items():
        assert said(back.arrow[name]) == said(table), name


def test_a_payer_named_twice_and_a_group_without_claims_are_kept(tmp_path: Path) -> None:
    at = next(n for n, line in enumerate(REMITTANCE) if line.startswith("N1*PE"))
    body = [*REMITTANCE[:at], "N1*PR*SECOND PAYER*XV*77", "REF*EV*X", *REMITTANCE[at:], "LX*2"]
    remittance = read_remittance(save(tmp_path, remittance_835(body), "twice.835"))
    parties = [(p["role"], p["sequence"], p["last_name"]) for p in remittance.arrow["remittance_party"].to_pylist()]
    assert parties[:3] == [
        ("payer", 1, "SAMPLE MEDICARE"), ("payer", 2, "SECOND PAYER"), ("payee", 1, "SAMPLE CLINIC"),
    ]  # fmt: skip
    details = remittance.arrow["remittance_detail"].to_pylist()
    keys = [(d["remittance_id"], d["claim_sequence"], d["line_number"], d["sequence"]) for d in details]
    assert len(set(keys)) == len(keys)
    text = format_835(remittance)
    assert "N1*PR*SAMPLE MEDICARE~" in text
    assert "N1*PR*SECOND PAYER*XV*77~\nN3*ADDRESS NOT ON FILE~\nN4*NOT ON FILE~\nREF*EV*X~\n" in text
    back = read_remittance(save(tmp_path, text, "again.835"))
    for name, table in remittance.arrow.items():
        assert said(back.arrow[name]) == said(table), name


def said(table: Any) -> list[str]:
    """The rows of a table without the numbers of details, which follow the order of the guide when written."""
    hidden = ("sequence",) if "kind" in table.column_names else ()
    return sorted(str({k: v for k, v in row.items() if k not in hidden}) for row in table.to_pylist())


def test_the_same_tables_give_the_same_text(sample: Rows) -> None:
    assert format_835(remit(sample)) == format_835(remit(sample))


def test_other_content_has_another_control_number(sample: Rows) -> None:
    before = format_835(remit(sample))
    sample["remark"][0]["rarc"] = "MA07"
    assert format_835(remit(sample)).split("~\n")[0] != before.split("~\n")[0]


def test_the_file_is_for_its_owner_alone(sample: Rows, tmp_path: Path) -> None:
    path = tmp_path / "answer.835"
    path.write_text("older")
    path.chmod(0o644)
    write_835(remit(sample), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("ISA*")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_folder_that_is_not_there_is_refused_in_words(sample: Rows, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"answer\.835 cannot be written: No such file or directory"):
        write_835(remit(sample), tmp_path / "gone" / "answer.835")


def test_pyx12_finds_it_valid(sample: Rows, tmp_path: Path) -> None:
    path = tmp_path / "answer.835"
    write_835(remit(sample), path)
    assert pyx12.x12n_document.x12n_document(pyx12.params.params(), str(path), None, None)


def test_x12sdk_parses_it(sample: Rows) -> None:
    with X12ModelReader(format_835(remit(sample))) as reader:
        models = list(reader.models())
    assert len(models) == 1
    claim = models[0].loop_2000[0].loop_2100[0]
    assert claim.clp_segment.claim_payment_amount == D("80.00")


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        (
            "adjustment",
            "amount",
            D("24.00"),
            "claim PCN1 is off by -\\$1.00: its charge less adjustments comes to \\$81.00",
        ),
        ("remittance_line", "paid_amount", D("70.00"), "line 1 of claim PCN1 is off by -\\$10.00"),
        ("remittance", "payment_amount", D("80.01"), "remittance CHECK77 is off by \\$0.01: its claims less provider"),
    ],
)
def test_a_remittance_that_does_not_balance_is_refused(
    sample: Rows, tmp_path: Path, table: str, column: str, value: Decimal, message: str
) -> None:
    sample[table][0][column] = value
    with pytest.raises(WorkbookError, match=f"does not balance, so no 835 is written: .*{message}"):
        write_835(remit(sample), tmp_path / "answer.835")
    assert not (tmp_path / "answer.835").exists()


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("remittance", "payer_name"), ("remittance", "payee_npi"), ("remittance", "payment_date"),
        ("remittance_claim", "payer_claim_id"), ("remittance_line", "hcpcs_code"),
    ],
)  # fmt: skip
def test_what_the_guide_requires_must_be_there(sample: Rows, table: str, column: str) -> None:
    sample[table][0][column] = None
    sample["remittance_party"] = []
    with pytest.raises(WorkbookError, match=f"an 835 must state {column}.*, which .* leaves null"):
        format_835(remit(sample))


def test_a_payment_below_nothing_is_refused(sample: Rows) -> None:
    sample["remittance"][0]["payment_amount"] = D("-20.00")
    sample["provider_adjustment"] = [{"remittance_id": "CHECK77", "reason_code": "WO", "amount": D("100.00")}]
    with pytest.raises(
        WorkbookError, match=r"pays -20\.00; an 835 cannot pay less than nothing: carry the balance forward"
    ):
        format_835(remit(sample))


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("remark", {"line_number": 9}), ("remark", {"claim_sequence": 2}), ("remark", {"remittance_id": "X"}),
        ("adjustment", {"line_number": 9, "amount": D(0)}), ("adjustment", {"level": "claim", "amount": D(0)}),
    ],
)  # fmt: skip
def test_a_row_that_belongs_to_nothing_is_refused_not_dropped(
    sample: Rows, table: str, changes: dict[str, Any]
) -> None:
    sample[table].append({**sample[table][-1], **changes})
    with pytest.raises(
        WorkbookError,
        match=f"table {table} has .*, which (belongs to no remittance, claim or line|table remittance_claim does not)",
    ):
        format_835(remit(sample))


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"about": "payer:2", "kind": "reference", "qualifier": "EV", "value": "X"}, "about 'payer:2', whom no row"),
        ({"claim_sequence": 1, "about": "rendering", "kind": "reference", "value": "X"}, "about 'rendering', whom no"),
        ({"claim_sequence": 1, "line_number": 1, "kind": "quantity", "value": "3"}, "of kind 'quantity'; an 835 carries"),
        ({"claim_sequence": 1, "kind": "element", "qualifier": "SVC08", "value": "3"}, "for element 'SVC08'; elements of CLP"),
        ({"claim_sequence": 1, "line_number": 7, "kind": "element", "qualifier": "SVC08"}, "which belongs to no remittance"),
        ({"claim_sequence": 9, "kind": "element", "qualifier": "CLP12"}, "which table remittance_claim does not have"),
    ],
)  # fmt: skip
def test_a_detail_without_a_place_in_the_file_is_refused_not_dropped(
    sample: Rows, detail: dict[str, Any], message: str
) -> None:
    sample["remittance_detail"].append({"remittance_id": "CHECK77", "sequence": 9, **detail})
    with pytest.raises(WorkbookError, match=f"table remittance_detail has .*{message}"):
        format_835(remit(sample))


def test_a_write_that_breaks_leaves_the_older_file_and_nothing_else(sample: Rows, tmp_path: Path) -> None:
    path = tmp_path / "answer.835"
    path.write_text("older")
    sample["remark"][-1]["rarc"] = "N1*30"  # the last segment
    with pytest.raises(WorkbookError, match=r"LQ02 would be 'N1\*30'"):
        write_835(remit(sample), path)
    assert path.read_text() == "older"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answer.835", "sample.835"]


def test_a_line_that_comes_twice_is_refused(sample: Rows) -> None:
    line = {**sample["remittance_line"][0], "billed_amount": D(45), "paid_amount": D(0)}
    sample["remittance_line"].append(line)
    with pytest.raises(WorkbookError, match=r"table remittance_line has .*line_number 1 more than once"):
        format_835(remit(sample))


def test_a_separator_inside_a_text_is_refused(sample: Rows) -> None:
    sample["remittance"][0]["payer_name"] = "A*B PLAN"
    with pytest.raises(WorkbookError, match=r"N102 would be 'A\*B PLAN', which holds '\*'"):
        format_835(remit(sample))


def test_more_than_five_remarks_on_a_claim_are_refused(sample: Rows) -> None:
    sample["remark"] = [{**sample["remark"][0], "rarc": f"MA0{n}"} for n in range(6)]
    with pytest.raises(WorkbookError, match="claim PCN1 has 6 remarks that concern no line; an 835 has room for five"):
        format_835(remit(sample))


def test_an_empty_remittance_is_refused() -> None:
    with pytest.raises(WorkbookError, match="there is no remittance to write"):
        format_835(Remittance())


def test_a_dental_code_is_written_as_one(sample: Rows) -> None:
    sample["remittance_line"][0]["hcpcs_code"] = "D1110"
    assert "SVC*AD:D1110:25*" in format_835(remit(sample))


def test_more_than_six_adjustments_of_a_group_need_a_second_cas(tmp_path: Path) -> None:
    seven = "CAS*CO*1*1**2*1**3*1**4*1**5*1**6*1"
    body = [s for segment in REMITTANCE for s in ([seven, "CAS*CO*7*19"] if segment == "CAS*CO*45*25" else [segment])]
    text = format_835(read_remittance(save(tmp_path, remittance_835(body))))
    assert "CAS*CO*1*1.00**2*1.00**3*1.00**4*1.00**5*1.00**6*1.00~\nCAS*CO*7*19.00~\n" in text


amounts = st.decimals(min_value=0, max_value=5000, places=2)
codes = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=12)
names = st.from_regex(r"[A-Z]([A-Z .'#-]{0,20}[A-Z])?", fullmatch=True)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2049, 12, 31))
quantities = st.none() | st.decimals(min_value="0.001", max_value=99, places=3)


@st.composite
def adjustments(draw: st.DrawFn, **key: Any) -> list[dict[str, Any]]:
    """Adjustments of one claim or line; no amount is tied to another, since the payment is what is left."""
    found = draw(st.lists(st.tuples(st.sampled_from(["CO", "PR", "OA", "PI"]), codes, amounts, quantities), max_size=8))
    return [{**key, "group_code": g, "carc": c[:4], "amount": a, "quantity": q} for g, c, a, q in found]


@st.composite
def remittances(draw: st.DrawFn) -> Rows:
    """Balanced remittances: payments follow from random charges and adjustments, never the other way round."""
    rows: Rows = {name: [] for name in REMITTANCE_TABLES}
    for name in draw(st.lists(codes, min_size=1, max_size=3, unique=True)):
        _add_remittance(draw, rows, name)
    return rows


ORGANIZATION = {"sequence": 1, "is_organization": True}


def _add_remittance(draw: st.DrawFn, rows: Rows, name: str) -> None:
    paid = sum((_add_claim(draw, rows, name, number) for number in range(1, draw(st.integers(1, 4)))), D(0))
    withheld = draw(st.lists(st.tuples(st.sampled_from(["WO", "L6", "FB"]), st.none() | codes, amounts), max_size=7))
    withheld.append(
        ("FB", None, min(D(0), paid - sum((a for *_, a in withheld), D(0))))
    )  # never pays less than nothing
    rows["provider_adjustment"] += [
        {
            "remittance_id": name,
            "reason_code": reason,
            "reference": reference,
            "amount": amount,
            "fiscal_period_end": date(2025, 9, 30),
        }
        for reason, reference, amount in withheld
    ]
    rows["remittance"].append(
        {
            "remittance_id": name, "trace_number": name, "payer_id": draw(st.none() | codes), "payer_name": draw(names),
            "payee_npi": CLINIC, "payee_name": draw(names), "payment_amount": paid - sum((a for *_, a in withheld), D(0)),
            "payment_method": draw(st.sampled_from(["CHK", "ACH", "NON"])), "payment_date": draw(days),
        }
    )  # fmt: skip
    row = rows["remittance"][-1]
    rows["remittance_party"] += [
        {"remittance_id": name, "role": "payer", "last_name": row["payer_name"], **ORGANIZATION},
        {"remittance_id": name, "role": "payee", "last_name": row["payee_name"], **ORGANIZATION,
         "identifier_type": "XX", "identifier": CLINIC},
    ]  # fmt: skip


def _add_claim(draw: st.DrawFn, rows: Rows, name: str, sequence: int) -> Decimal:
    key = {"remittance_id": name, "claim_sequence": sequence, "claim_id": draw(codes)}
    found = draw(adjustments(**key, line_number=None, level="claim"))
    rows["remark"] += [{**key, "line_number": None, "rarc": r} for r in draw(st.lists(codes, max_size=5, unique=True))]
    charges = D(0) if (line_numbers := draw(st.lists(st.integers(1, 999), max_size=3, unique=True))) else draw(amounts)
    for number in line_numbers:
        charge, on_line = draw(amounts), draw(adjustments(**key, line_number=number, level="line"))
        rows["remittance_line"].append(
            {
                **key, "line_number": number, "service_date": draw(st.none() | days), "hcpcs_code": draw(codes)[:5],
                "modifiers": draw(st.sampled_from([None, "25", "26:59", "LT:59:XU:GC"])), "billed_amount": charge,
                "allowed_amount": draw(st.none() | amounts), "units": draw(quantities) or D(1),
                "paid_amount": charge - sum((row["amount"] for row in on_line), D(0)),
            }
        )  # fmt: skip
        charges += charge
        found += on_line
        rows["remark"] += [
            {**key, "line_number": number, "rarc": r} for r in draw(st.lists(codes, max_size=2, unique=True))
        ]
    rows["adjustment"] += found
    paid = charges - sum((row["amount"] for row in found), D(0))
    rows["remittance_claim"].append(
        {
            **key, "claim_status_code": draw(st.sampled_from(["1", "2", "4", "22"])), "billed_amount": charges,
            "paid_amount": paid, "patient_responsibility_amount": draw(st.none() | amounts),
            "claim_filing_code": draw(st.sampled_from(["MB", "CI"])), "payer_claim_id": draw(codes),
            "patient_id": draw(st.none() | codes),
        }
    )  # fmt: skip
    patient = rows["remittance_claim"][-1]["patient_id"]
    rows["remittance_party"].append(
        {"remittance_id": name, "claim_sequence": sequence, "role": "patient", "sequence": 1, "is_organization": False,
         "last_name": draw(st.none() | names), "identifier_type": "MI" if patient else None, "identifier": patient}
    )  # fmt: skip
    return paid


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(remittances())
def test_what_is_written_is_read_back_the_same(rows: Rows) -> None:
    remittance = remit(rows)
    assert remittance.is_balanced
    with tempfile.TemporaryDirectory() as folder:
        write_835(remittance, Path(folder) / "answer.835")
        back = read_remittance(Path(folder) / "answer.835")
    for name, table in remittance.arrow.items():
        assert sorted(map(str, back.arrow[name].to_pylist())) == sorted(map(str, table.to_pylist())), name
    assert "error" not in back.arrow_problems["severity"].to_pylist()
