"""Hostile extracts: what cannot be read is refused in one message, and a row that is lost is a problem."""

from __future__ import annotations

from datetime import date

import pytest

from tests.claims.formats.extracts import CARRIER, CARRIER_LINE, SYNPUF, carrier, column, found, write
from workbook.claims.formats.layout import layouts
from workbook.claims.formats.wide import read_wide
from workbook.terms import WorkbookError


def refused(path, layout=None):
    with pytest.raises(WorkbookError) as caught:
        read_wide(path, layout)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_wrong_path_is_named(tmp_path):
    assert refused(tmp_path / "no.csv") == f"{tmp_path}/no.csv: there is no such file or folder; check the path"


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "carrier.csv").write_text("")
    message = f"{tmp_path}/carrier.csv is empty; its first row should name the columns"
    assert refused(tmp_path / "carrier.csv", "rif_carrier") == message
    assert refused(tmp_path / "carrier.csv") == message


def test_a_header_without_rows_is_named(tmp_path):
    path = write(tmp_path / "carrier.csv", CARRIER, [])
    assert refused(path) == f"{path} names its columns but holds no row; export it again"


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path):
    names = ["LINE_SRVC_COUNT" if name == "LINE_SRVC_CNT" else name for name in CARRIER]
    message = refused(write(tmp_path / "carrier.csv", names, [{}]), "rif_carrier")
    assert message.startswith(
        f"{tmp_path}/carrier.csv lacks the columns LINE_SRVC_CNT (is LINE_SRVC_CNT called LINE_SRVC_COUNT?)"
    )


def test_a_wrong_separator_shows_what_was_found(tmp_path):
    message = refused(write(tmp_path / "carrier.csv", CARRIER, [CARRIER_LINE], ";"), "rif_carrier")
    assert "the layout expects them and '|' between columns; the file begins DML_IND;BENE_ID;CLM_ID" in message


def test_a_column_that_stands_there_twice_is_refused(tmp_path):
    path = write(tmp_path / "carrier.csv", [*CARRIER, "hcpcs_cd"], [CARRIER_LINE])
    assert "column HCPCS_CD stands there more than once; keep one of them" in refused(path, "rif_carrier")


def test_columns_of_no_layout_name_the_known_ones_and_the_way_out(tmp_path):
    (tmp_path / "my.csv").write_text("a,b\n1,2\n")
    message = refused(tmp_path / "my.csv")
    assert "has the columns of no known layout: rif_carrier (CMS synthetic RIF, carrier claims" in message
    assert "--map" in message


def test_a_missing_second_file_is_named(tmp_path):
    (tmp_path / "claims.csv").write_text("Id\n1\n")
    assert "holds no file called claims_transactions.csv" in refused(tmp_path, "synthea")


def test_no_parquet_is_refused_without_a_traceback(tmp_path):
    (tmp_path / "carrier.parquet").write_bytes(b"PAR1 not really")
    assert "carrier.parquet cannot be read" in refused(tmp_path / "carrier.parquet", "rif_carrier")


def test_a_row_without_a_claim_number_is_a_problem(tmp_path):
    claims = read_wide(carrier(tmp_path, {}, {"CLM_ID": ""}, {"CLM_ID": "  "}))
    assert found(claims) == [
        "row 3: CLM_ID is empty, so the row belongs to no claim",
        "row 4: CLM_ID is empty, so the row belongs to no claim",
    ]
    assert claims.arrow["claim_line"].num_rows == 1


def test_a_ragged_row_is_a_problem_and_the_rows_after_it_keep_their_numbers(tmp_path):
    path = carrier(tmp_path, {}, {"LINE_NUM": "2"}, {"LINE_NUM": "3", "LINE_SRVC_CNT": "many"})
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1], lines[2] + "|", lines[3]]) + "\n")
    claims = read_wide(path)
    width = len(CARRIER)
    assert found(claims) == [
        f"row 3 has {width + 1} cells, the header names {width}; not read",
        "row 4: 'many' in LINE_SRVC_CNT is not a number with at most three decimals, as claim_line.units needs; "
        "left empty",
    ]
    assert column(claims, "claim_line", "line_number") == [1, 3]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LINE_SBMTD_CHRG_AMT", "1.005", "an amount in dollars and cents, as claim_line.billed_amount"),
        ("LINE_SBMTD_CHRG_AMT", "NaN", "an amount in dollars and cents"),
        ("LINE_SBMTD_CHRG_AMT", "99999999999.00", "an amount in dollars and cents"),
        ("LINE_SBMTD_CHRG_AMT", "=1+1", "an amount in dollars and cents"),
        ("LINE_SRVC_CNT", "0.0001", "a number with at most three decimals"),
        ("LINE_NUM", "1.5", "a whole number"),
        ("LINE_1ST_EXPNS_DT", "30-FEB-2024", "a date as the layout writes it"),
        ("LINE_1ST_EXPNS_DT", "27-OCT-24", "a date as the layout writes it"),
        ("LINE_1ST_EXPNS_DT", "10/27/2024", "a date as the layout writes it"),
    ],
)
def test_a_cell_that_does_not_fit_is_left_empty_and_told_with_its_row(tmp_path, name, value, says):
    claims = read_wide(carrier(tmp_path, {}, {"LINE_NUM": "2", name: value}))
    (message,) = found(claims)
    assert message.startswith(f"row 3: '{value}' in {name} is not {says}")
    assert claims.arrow["claim_line"].num_rows == 2


def test_a_diagnosis_that_the_claim_does_not_list_is_told(tmp_path):
    claims = read_wide(carrier(tmp_path, {"LINE_ICD_DGNS_CD": "Z99"}))
    assert column(claims, "claim_line", "diagnosis_pointer_1") == [None]
    assert found(claims) == [
        "row 2: 'Z99' in LINE_ICD_DGNS_CD is no diagnosis of the claim and no position from 1 to 12, as "
        "claim_line.diagnosis_pointer_1 needs; left empty"
    ]


def test_a_value_that_the_layout_does_not_translate_is_told(tmp_path):
    claims = read_wide(carrier(tmp_path, {"CARR_CLM_PRVDR_ASGNMT_IND_SW": "X"}))
    assert column(claims, "claim", "accepts_assignment") == [None]
    (message,) = found(claims)
    assert message.startswith("row 2: 'X' in CARR_CLM_PRVDR_ASGNMT_IND_SW is not one of A, N")


def test_an_empty_cell_of_a_required_column_is_counted(tmp_path):
    claims = read_wide(carrier(tmp_path, {}, {"LINE_NUM": "2", "LINE_SRVC_CNT": ""}, {"LINE_SRVC_CNT": " "}))
    assert found(claims) == ["claim_line.units is empty in 2 rows, the first of them row 3"]


def test_rows_that_do_not_agree_about_their_claim_are_told(tmp_path):
    claims = read_wide(carrier(tmp_path, {}, {"LINE_NUM": "2", "BENE_ID": "-999"}))
    assert found(claims) == ["row 3: it does not say of the claim what the claim's first row says, which counts"]
    assert column(claims, "claim", "patient_id") == ["-101"]
    assert column(claims, "claim_line", "line_number") == [1, 2]


def test_a_claim_that_comes_twice_in_an_extract_of_claims_is_told(tmp_path):
    row = {"DESYNPUF_ID": "A", "CLM_ID": "1", "CLM_FROM_DT": "20080104", "HCPCS_CD_1": "G0008"}
    claims = read_wide(write(tmp_path / "carrier.csv", SYNPUF, [row, {**row, "HCPCS_CD_1": "J1100"}], ","))
    assert found(claims) == ["row 3: the claim stands in an earlier row too; this row was not read"]
    assert column(claims, "claim_line", "hcpcs_code") == ["G0008"]


def test_a_claim_without_a_line_is_a_warning(tmp_path):
    row = {"DESYNPUF_ID": "A", "CLM_ID": "1", "CLM_FROM_DT": "20080104"}
    claims = read_wide(write(tmp_path / "carrier.csv", SYNPUF, [row], ","))
    assert "row 2: the claim has no line" in found(claims, "warning")


@pytest.mark.parametrize("value", ["O'Neil\"; drop table claim; --", "a\\'b", "\x01E119", "Ünïcode 日本"])
def test_hostile_texts_come_through_as_they_stand(tmp_path, value):
    claims = read_wide(carrier(tmp_path, {"CARR_NUM": value.replace('"', "")}))
    expected = value.replace('"', "")
    assert column(claims, "claim", "payer_id") == ([None] if value.startswith("\x01") else [expected])


def test_latin_1_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = write(tmp_path / "carrier.csv", CARRIER, [{**CARRIER_LINE, "CARR_NUM": "Muñoz"}], end="\r\n")
    text = path.read_bytes().decode()
    path.write_bytes(text.encode("latin-1"))
    assert column(read_wide(path), "claim", "payer_id") == ["Muñoz"]
    path.write_bytes(text.encode("utf-8-sig"))
    assert column(read_wide(path, "rif_carrier"), "claim", "payer_id") == ["Muñoz"]


def test_a_quoted_cell_may_hold_separators_and_line_breaks(tmp_path):
    claims = read_wide(carrier(tmp_path, {"CARR_NUM": '"a|b\nc"'}, {"LINE_NUM": "2", "CARR_NUM": '"a|b\nc"'}))
    assert column(claims, "claim", "payer_id") == ["a|b\nc"]
    assert claims.arrow["claim_line"].num_rows == 2


def test_every_layout_refuses_the_files_of_another(tmp_path):
    path = carrier(tmp_path, {})
    for name in set(layouts()) - {"rif_carrier"}:
        refused(path, name)


def test_the_years_of_a_date_are_four_digits(tmp_path):
    claims = read_wide(carrier(tmp_path, {"LINE_1ST_EXPNS_DT": "20241027"}))
    assert column(claims, "claim_line", "service_from_date") == [date(2024, 10, 27)]


def test_too_little_memory_is_said_in_one_line(tmp_path):
    path = carrier(tmp_path, *({"CLM_ID": str(n)} for n in range(2_000)))
    with pytest.raises(
        WorkbookError, match="the data need more memory, and more disk to spill into, than the engine may take"
    ) as caught:
        read_wide(path, memory_limit="1MB")
    assert "\n" not in str(caught.value)


def test_a_quote_that_swallows_rows_is_told(tmp_path):
    opened, closed = {"CARR_NUM": '"abc', "LINE_NUM": "2"}, {"CARR_NUM": 'x"', "LINE_NUM": "4"}
    claims = read_wide(carrier(tmp_path, {}, opened, {"LINE_NUM": "3"}, closed, {"LINE_NUM": "5"}))
    warning = "2 lines are inside cells: cells with line breaks, or a quote that is not closed and swallows rows"
    assert warning in found(claims, "warning")


def test_a_quote_that_is_never_closed_is_an_error(tmp_path):
    claims = read_wide(carrier(tmp_path, {}, {"CARR_NUM": '"abc', "LINE_NUM": "2"}, {"LINE_NUM": "3"}))
    (message,) = found(claims)
    assert message.startswith("row 3 has ")
    assert column(claims, "claim_line", "line_number") == [1]


def test_empty_lines_are_no_rows_and_nothing_to_tell(tmp_path):
    path = carrier(tmp_path, {}, {"LINE_NUM": "2"})
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n\n"))
    claims = read_wide(path)
    assert column(claims, "claim_line", "line_number") == [1, 2]
    assert found(claims) == []
    assert not [w for w in found(claims, "warning") if "inside cells" in w]


def test_a_file_cut_off_in_its_last_row_is_an_error(tmp_path):
    path = carrier(tmp_path, {}, {"LINE_NUM": "2"})
    path.write_bytes(path.read_bytes()[:-60])
    assert [m[:10] for m in found(read_wide(path))] == ["row 3 has "]


def test_utf_16_is_named(tmp_path):
    path = carrier(tmp_path, {})
    path.write_bytes(path.read_text().encode("utf-16"))
    assert refused(path, "rif_carrier") == f"{path} is written in UTF-16; save it as UTF-8 or Latin-1"
