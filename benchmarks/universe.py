"""A generated universe: professional claims with faults in known shares, as Parquet files, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import duckdb

#: Codes the shipped fee and pair tables know, and pairs among them.
CODES = [
    "99213", "99214", "99212", "99203", "93000", "93010", "93005", "71046", "71045", "20610", "17000", "11042", "97597",
    "11720", "11721", "G0439", "96372", "36415", "80053", "85025", "J3301", "94010", "94060", "69210",
]  # fmt: skip
DIAGNOSES = ["R002", "E1142", "I10", "M1711", "J441", "Z0000", "E119", "L570", "E11", "XXXX"]  # the last two are faults


def write_universe(folder: Path, lines: int) -> dict[str, Path]:
    """Write claim, claim_line and claim_diagnosis with about `lines` service lines (three a claim); returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    claims = lines // 3
    c = duckdb.connect()
    c.execute("select setseed(0.25)")
    c.execute(f"set temp_directory = '{folder}'")
    codes, diagnoses = ", ".join(f"'{x}'" for x in CODES), ", ".join(f"'{x}'" for x in DIAGNOSES)
    c.execute(
        f"""create table claim as
        select 'C' || i as claim_id, 'C' || i as patient_control_number, 'professional' as claim_type, 'MEDICAREB' as payer_id,
            'MB' as claim_filing_code, case when hash(i) % 500 = 0 then '1234567890' else '1234567893' end as billing_provider_npi,
            lpad((hash(i, 1) % 900)::varchar, 3, '0') as provider,
            'P' || (hash(i, 2) % {max(claims // 2, 1)}) as patient_id,
            '11' as place_of_service, date '2025-10-01' + (hash(i, 3) % 92)::int as day
        from range({claims}) t(i)"""
    )
    c.execute(
        f"""create table claim_line as
        select claim_id, n as line_number, day as service_from_date, list_value({codes})[1 + (hash(claim_id, n) % {len(CODES)})::int] as hcpcs_code,
            case when hash(claim_id, n, 1) % 20 = 0 then '25' when hash(claim_id, n, 1) % 20 = 1 then '59' end as modifier_1,
            1::bigint as diagnosis_pointer_1, (1 + hash(claim_id, n, 2) % 2)::decimal(12, 3) as units, 'UN' as unit_basis,
            (50 + hash(claim_id, n, 3) % 200)::decimal(12, 2) as billed_amount
        from claim, range(1, 4) l(n)"""
    )
    c.execute(
        f"""create table claim_diagnosis as
        select claim_id, 1::bigint as sequence, 'principal' as role, list_value({diagnoses})[1 + (hash(claim_id, 9) % {len(DIAGNOSES)})::int] as diagnosis_code,
            'icd10' as code_set from claim"""
    )
    c.execute(
        """create table done as
        select c.* exclude (provider, day), '1234567893' as rendering_provider_npi, day + case when hash(claim_id, 5) % 200 = 0 then 400 else 9 end as received_date,
            (select sum(billed_amount) from claim_line l where l.claim_id = c.claim_id)
                + case when hash(claim_id, 4) % 100 = 0 then 10 else 0 end as billed_amount
        from claim c"""
    )
    return {name: _write(c, folder, name, table) for name, table in
            (("claim", "done"), ("claim_line", "claim_line"), ("claim_diagnosis", "claim_diagnosis"))}  # fmt: skip


def _write(c: duckdb.DuckDBPyConnection, folder: Path, name: str, table: str) -> Path:
    """Write one table in its declared columns; what the generator does not make is null."""
    from workbook.claims.tables import CLAIM_TABLES
    from workbook.engine.table import TYPES

    made = {row[0] for row in c.execute(f"describe {table}").fetchall()}
    columns = ", ".join(
        f"cast({x.name if x.name in made else 'null'} as {TYPES[x.type]}) as {x.name}"
        for x in CLAIM_TABLES[name].columns
    )
    path = folder / f"{name}.parquet"
    c.execute(f"copy (select {columns} from {table}) to '{path}' (format parquet)")
    return path


def write_837(path: Path, megabytes: int) -> int:
    """Write an 837P file of about this size; returns its size in bytes. Invented people only."""
    head = (
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250101*0900*^*00501*000000001*0*T*:~\n"
        "GS*HC*SENDER*RECEIVER*20250101*0900*1*X*005010X222A1~\nST*837*0001*005010X222A1~\nBHT*0019*00*1*20250101*0900*CH~\n"
        "NM1*41*2*SENDER*****46*S~\nPER*IC*DESK*TE*5555550100~\nNM1*40*2*RECEIVER*****46*R~\nHL*1**20*1~\n"
        "NM1*85*2*INVENTED PRACTICE*****XX*1234567893~\nN3*1 EXAMPLE STREET~\nN4*TOWN*AL*352030001~\nREF*EI*000000000~\n"
    )
    segments, size, claim = 12, len(head), 0
    with path.open("w", encoding="ascii") as out:
        out.write(head)
        while size < megabytes * 1_000_000:
            claim += 1
            day = f"2025{1 + claim % 12:02d}{1 + claim % 28:02d}"
            block = (
                f"HL*{claim + 1}*1*22*0~\nSBR*P*18*******MB~\nNM1*IL*1*PERSON*INVENTED****MI*M{claim:08d}~\nN3*2 EXAMPLE STREET~\n"
                f"N4*TOWN*AL*352030001~\nDMG*D8*19500101*F~\nNM1*PR*2*MEDICARE*****PI*MEDICAREB~\n"
                f"CLM*A{claim:08d}*310***11:B:1*Y*A*Y*Y~\nHI*ABK:R002*ABF:I10~\nNM1*82*1*DOCTOR*INVENTED****XX*1234567893~\n"
                f"LX*1~\nSV1*HC:99213:25*190*UN*1***1~\nDTP*472*D8*{day}~\nLX*2~\nSV1*HC:93000*45*UN*1***1~\nDTP*472*D8*{day}~\n"
                f"LX*3~\nSV1*HC:71046*75*UN*1***1:2~\nDTP*472*D8*{day}~\n"
            )
            out.write(block)
            size, segments = size + len(block), segments + 19
        out.write(f"SE*{segments - 1}*0001~\nGE*1*1~\nIEA*1*000000001~\n")
    return path.stat().st_size


def write_835(path: Path, megabytes: int) -> int:
    """Write an 835 file of about this size that balances; returns its size in bytes. Invented people only."""
    body, size, claims = [], 0, 0
    while size < megabytes * 1_000_000:
        claims += 1
        day = f"2025{1 + claims % 12:02d}{1 + claims % 28:02d}"
        block = (
            f"CLP*A{claims:08d}*1*235*98.6*24.65*MB*ICN{claims:09d}*11*1~\nNM1*QC*1*PERSON*INVENTED****MI*M{claims:08d}~\n"
            f"NM1*82*1*DOCTOR*INVENTED****XX*1234567893~\nREF*EA*CHART{claims}~\nDTM*050*{day}~\n"
            f"SVC*HC:99213*190*71.2**1~\nDTM*472*{day}~\nCAS*CO*45*101~\nCAS*PR*2*17.8~\nREF*6R*1~\nAMT*B6*89~\n"
            f"SVC*HC:93000*45*27.4**1~\nDTM*472*{day}~\nCAS*CO*45*10.75~\nCAS*PR*2*6.85~\nREF*6R*2~\nAMT*B6*34.25~\nLQ*HE*N130~\n"
        )
        body.append(block)
        size += len(block)
    head = (
        "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PROVIDER       *250101*0900*^*00501*000000001*0*T*:~\n"
        "GS*HP*PAYER*PROVIDER*20250101*0900*1*X*005010X221A1~\nST*835*0001~\n"
        f"BPR*I*{claims * 986 / 10:.2f}*C*CHK************20250301~\nTRN*1*T1*1999999999~\nDTM*405*20250301~\nN1*PR*MEDICARE~\n"
        "N3*1 EXAMPLE STREET~\nN4*TOWN*AL*35203~\nREF*2U*10112~\nPER*BL*DESK*TE*5555550100~\n"
        "N1*PE*INVENTED PRACTICE*XX*1234567893~\nLX*1~\n"
    )
    path.write_text(
        head + "".join(body) + f"SE*{claims * 18 + 12}*0001~\nGE*1*1~\nIEA*1*000000001~\n", encoding="ascii"
    )
    return path.stat().st_size


def write_ptp(folder: Path, rows: int) -> list[Path]:
    """Write the four parts of an NCCI pair table of `rows` pairs in the official layout; returns their paths.

    All pairs are invented; ten of them are pairs of the universe's codes.
    """
    head = (
        "CPT only copyright American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\nColumn1/Column2 Edits\t\t\t\t\t\t\r\n"
        "Column 1\tColumn 2\t*=in existence prior to 1996\tEffective Date\tDeletion Date\tModifier\tPTP Edit Rationale\r\n"
        "\t\t\t\t\t0=not allowed\t\r\n\t\t\t\t*=no data\t1=allowed\t\r\n\t\t\t\t\t9=not applicable\t\r\n"
    )
    known = list(zip(CODES[::2][:10], CODES[1::2][:10], strict=True))
    paths = []
    for part in range(4):
        paths.append(folder / f"ccipra-v313r0-f{part + 1}.txt")
        with paths[-1].open("w", encoding="ascii", newline="") as out:
            out.write(head)
            for n in range(part * rows // 4, (part + 1) * rows // 4):
                one, two = known[n] if n < len(known) else (f"{10000 + n // 1000:05d}", f"{20000 + n % 1000:05d}")
                out.write(f"{one}\t{two}\t\t20240101\t*\t{n % 2}\tMisuse of Column Two code\r\n")
    return paths


def write_mue(folder: Path, rows: int) -> Path:
    """Write an MUE table of `rows` invented limits for the universe's codes and others, in the official layout."""
    head = (
        '"CPT codes are copyright 2025\nAmerican Medical Association.\n\nAll rights reserved.",,,\r\n'
        '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n'
    )
    words = ("1 Line Edit", "2 Date of Service Edit: Policy", "3 Date of Service Edit: Clinical")
    others = (f"{30000 + n:05d}" for n in range(60_000) if f"{30000 + n:05d}" not in CODES)
    codes = [*CODES, *(code for code, _ in zip(others, range(rows - len(CODES)), strict=False))]
    path = folder / "MCR_MUE_PractitionerServices_Eff_10-01-2025.csv"
    body = "".join(f'{code},2,{words[n % 3]},"Nature of Service"\r\n' for n, code in enumerate(codes))
    path.write_text(head + body, encoding="ascii", newline="")
    return path
