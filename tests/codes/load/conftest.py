"""An empty shelf of one's own, and official files made small in their exact layouts with invented values."""

import zipfile

import pytest

from workbook.codes.reference import forget


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A data folder of the test's own, with nothing loaded."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("WORKBOOK_DATA", str(folder))
    forget()
    yield folder
    monkeypatch.undo()
    forget()


@pytest.fixture
def write(tmp_path):
    """Write a file as downloaded; `zipped` names the zip to put it in."""

    def made(name, text, zipped=None):
        path = tmp_path / name
        path.write_text(text, encoding="latin-1", newline="")
        if zipped is None:
            return path
        with zipfile.ZipFile(tmp_path / zipped, "a", zipfile.ZIP_DEFLATED) as pack:
            pack.write(path, name)
        return tmp_path / zipped

    return made


def ptp(*rows):
    """PTP text: six header lines, then tab-separated rows; `rows` are (one, two, effective, deleted, indicator)."""
    head = [
        "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t",
        "Column1/Column2 Edits\t\t\t\t\t\t",
        "Column 1\tColumn 2\t*=in existence prior to 1996\tEffective Date\tDeletion Date\tModifier\tPTP Edit Rationale",
        "\t\t\t\t\t0=not allowed\t",
        "\t\t\t\t*=no data\t1=allowed\t",
        "\t\t\t\t\t9=not applicable\t",
    ]
    body = [f"{a}\t{b}\t\t{begins}\t{ends}\t{flag}\tMisuse of Column Two code" for a, b, begins, ends, flag in rows]
    return "\r\n".join([*head, *body, ""])


def mue(setting, *rows):
    """MUE text: a quoted notice of several lines, a header cell of two lines; `rows` are (code, value, indicator)."""
    head = (
        '"CPT codes are copyright 2025\nAmerican Medical Association.\n\nAll rights reserved.",,,\r\n'
        f'"HCPCS/\nCPT Code",{setting} Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n'
    )
    words = {1: "1 Line Edit", 2: "2 Date of Service Edit: Policy", 3: "3 Date of Service Edit: Clinical"}
    return head + "".join(
        f'{code},{value},{words[mai]},"Nature of Service, Procedure"\r\n' for code, value, mai in rows
    )


def rvu(*rows, year=2025, month="October"):
    """PPRRVU text in the 2025 layout, or the 2026 one with PRIC IND; `rows` are (code, modifier, work, non-facility PE)."""
    blank = 28 if year < 2026 else 29
    title = f",,{year} National Physician Fee Schedule Relative Value File {month} Release" + "," * blank
    stacked = [
        ",,,,NOT USED,,,,,,,,,,,,,,,,,,,,,PHYSICIAN,,DIAGNOSTIC,PE USED,PE USED,MP USED",
        ",,,,FOR,,,NON-FAC,,FACILITY ,,,,,,,,,,,,,,,,SUPERVISION OF,,IMAGING,FOR OPPS,FOR OPPS,FOR OPPS",
        ",,,STATUS,MEDICARE ,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,"
        "ASST,CO-,TEAM,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT",
        "HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,"
        "PROC,SURG,SURG,SURG,SURG,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT",
    ]
    body = [
        f"{code},{modifier},Invented words,A,,{work},{pe},,0.50,,0.10,9.99,9.99,0,010,0.10,0.80,0.10,2,1,0,0,0,"
        "G0105,32.3465,09,0,99,0.00,0.00,0.00"
        for code, modifier, work, pe in rows
    ]
    if year >= 2026:
        new = ["", "", "PRIC", "IND", *["7"] * len(body)]
        lines = [line.split(",") for line in [*stacked, *body]]
        stacked_body = [",".join([*c[:23], add, *c[23:]]) for c, add in zip(lines, new, strict=True)]
    else:
        stacked_body = [*stacked, *body]
    return "\r\n".join([title, *stacked_body, ""])


def order(*rows):
    """An ICD-10 order file; `rows` are (code, billable, title)."""
    return "".join(
        f"{n:05d} {code:<7} {int(billable)} {title[:60]:<60} {title}\r\n"
        for n, (code, billable, title) in enumerate(rows, 1)
    )


def anweb(*rows):
    """HCPCS ANWEB lines of 320 characters; `rows` are (code, record, short description, effective, terminated)."""
    return "".join(
        f"{code:>5}00100{record}{'LONG WORDS':<80}{short:<28}".ljust(276) + f"{begins:<8}{ends:<8}N".ljust(44) + "\r\n"
        for code, record, short, begins, ends in rows
    )


def add_ons(*rows):
    """The add-on code file; `rows` are (type, add-on, primary, effective, deleted)."""
    head = (
        "AOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\tAOC_Edit_DelDT\t"
        "Special_Instruction_Notes"
    )
    return "\r\n".join([head, *(f"{t}\t{a}\t\t{p}\t\t{begins}\t{ends}\t" for t, a, p, begins, ends in rows), ""])
