"""The same rules by hand: DuckDB as a person in a hurry would tune it, and pandas; nothing shared with the package."""

from __future__ import annotations

from pathlib import Path

import duckdb


def by_hand(folder: Path, rules: tuple[str, ...], *, coverage: bool = False) -> int:
    """Run rules over Parquet files in DuckDB and fetch what they find; returns how many rows that is.

    With `coverage` how many lines and claims each rule could judge is counted too, as an audit does.
    """
    c = duckdb.connect()
    for path in folder.glob("*.parquet"):
        c.execute(f"create view {path.stem} as select * from '{path}'")
    c.execute(
        """create temp table l as select l.claim_id, l.line_number, l.hcpcs_code h, l.modifier_1 m, l.units, l.service_from_date d,
        c.patient_id p, c.rendering_provider_npi n, c.received_date r, coalesce(l.place_of_service, c.place_of_service) pos, c.billed_amount b,
        l.billed_amount a from claim_line l join claim c using (claim_id)"""
    )
    if {"PTP-001", "PTP-002"} & set(rules):
        c.execute(
            """create temp table pairs as select x.claim_id c1, x.line_number l1, x.h h1, x.m m1, y.claim_id c2, y.line_number l2, y.h h2, y.m m2,
            x.d from l x join l y on x.p = y.p and x.n = y.n and x.d = y.d and x.h <> y.h"""
        )
    found = sum(len(c.execute(RULES[rule]).fetchall()) for rule in rules)
    for rule in rules if coverage else ():
        c.execute(COVERAGE[rule]).fetchall()
    return found


#: rule → its SQL over the lines `l`, their `pairs`, and the claim and reference tables
RULES = {
    "PTP-001": """select distinct c2, l2, h1 from pairs join ptp e on e.column_one_code = h1 and e.column_two_code = h2
        and e.setting = 'practitioner' and d >= e.effective_date and d <= coalesce(e.end_date, date '9999-12-31')
        where modifier_indicator = '0'""",
    "PTP-002": """select distinct c2, l2, h1 from pairs join ptp e on e.column_one_code = h1 and e.column_two_code = h2
        and e.setting = 'practitioner' and d >= e.effective_date and d <= coalesce(e.end_date, date '9999-12-31')
        where modifier_indicator = '1' and (m2 is null or m2 not in (select modifier from ncci_modifier))
        and (m1 is null or m1 not in (select modifier from ncci_modifier where kind in ('anatomical', 'distinct')))""",
    "MUE-001": """select claim_id, line_number from l join mue on h = hcpcs_code and setting = 'practitioner' and mai = '1'
        and units > mue_value and d between effective_date and end_date""",
    "MUE-002": """select claim_id, line_number from (select *, sum(units) over (partition by p, n, h, d) u from l) join mue
        on h = hcpcs_code and setting = 'practitioner' and mai in ('2', '3') and u > mue_value and d between effective_date and end_date""",
    "DX-001": """select g.claim_id, g.diagnosis_code from claim_diagnosis g join (select claim_id, min(d) d from l group by 1) using (claim_id)
        left join diagnosis t on t.diagnosis_code = g.diagnosis_code and d between t.effective_date and t.end_date
        where t.diagnosis_code is null and d between date '2025-10-01' and date '2026-09-30'""",
    "DX-002": """select g.claim_id, g.diagnosis_code from claim_diagnosis g join (select claim_id, min(d) d from l group by 1) using (claim_id)
        join diagnosis t on t.diagnosis_code = g.diagnosis_code and d between t.effective_date and t.end_date where not t.is_billable""",
    "NPI-001": """select claim_id from claim where (24 + (select sum(case when i % 2 = 0 then list_value(0,2,4,6,8,1,3,5,7,9)[1 + substr(billing_provider_npi, i + 1, 1)::int]
        else substr(billing_provider_npi, i + 1, 1)::int end) from range(10) t(i))) % 10 <> 0""",
    "SUM-001": "select claim_id, any_value(b), sum(a) from l group by 1 having any_value(b) <> sum(a)",
    "DUP-001": """select claim_id, line_number from (select *, row_number() over (partition by p, n, h, d, m, pos, units order by r, claim_id, line_number) k
        from l where m is null or m not in ('76', '77', '91')) where k > 1""",
    "TIME-001": "select claim_id, line_number from l where r > d + interval 1 year",
    "MOD-001": """select claim_id, line_number from l left join modifier_use u on u.modifier = m and h between u.first_code and u.last_code
        where m in ('24', '25', '57') and u.modifier is null and h similar to '[0-9].*'""",
}


_COUNT = "select why, count(*), count(distinct claim_id) from"
#: rule → how many lines and claims it could judge, and why not the others
COVERAGE = {
    "PTP-001": f"""{_COUNT} (select l.claim_id, case when h is null then 'no code' when o.p is null then 'alone' end why from l
        left join (select p, n, d from l group by all having min(h) <> max(h)) o on o.p = l.p and o.n = l.n and o.d = l.d) group by 1""",
    "MUE-002": f"""{_COUNT} (select l.claim_id, case when mai is null then 'no limit' when mai = '1' then 'a limit for a line' end why
        from l left join mue on h = hcpcs_code and setting = 'practitioner' and d between effective_date and end_date) group by 1""",
    "DX-001": f"""{_COUNT} (select g.claim_id, case when code_set <> 'icd10' then 'not ICD-10' when d is null then 'no date'
        when d not between date '2025-10-01' and date '2026-09-30' then 'no edition' end why
        from claim_diagnosis g left join (select claim_id, min(d) d from l group by 1) using (claim_id)) group by 1""",
    "SUM-001": f"""{_COUNT} (select claim_id, case when any_value(b) is null then 'no total' when count(a) < count(*) then 'no amount' end why
        from l group by 1) group by 1""",
    "DUP-001": f"{_COUNT} (select claim_id, case when h is null then 'no code' end why from l) group by 1",
}


def by_pandas(folder: Path) -> int:
    """PTP-001, MUE-002, DX-001, SUM-001 and DUP-001 as merges of pandas frames; returns how many rows they find."""
    import pandas as pd

    def read(name: str, *columns: str) -> pd.DataFrame:
        return pd.read_parquet(folder / f"{name}.parquet", columns=list(columns) or None)

    claim = read(
        "claim",
        "claim_id",
        "patient_id",
        "rendering_provider_npi",
        "received_date",
        "place_of_service",
        "billed_amount",
    )
    line = read(
        "claim_line",
        "claim_id",
        "line_number",
        "hcpcs_code",
        "modifier_1",
        "units",
        "service_from_date",
        "billed_amount",
    )
    for frame, columns in ((claim, ["received_date"]), (line, ["service_from_date"])):
        for column in columns:
            frame[column] = pd.to_datetime(frame[column])
    both = line.merge(claim, on="claim_id", suffixes=("", "_claim"))
    same = ["patient_id", "rendering_provider_npi", "service_from_date"]

    def dated(name: str) -> pd.DataFrame:
        frame = read(name)
        frame["effective_date"] = pd.to_datetime(frame["effective_date"])
        frame["end_date"] = pd.to_datetime(frame["end_date"].fillna(pd.Timestamp("2262-01-01").date()))
        return frame

    def serves(frame: pd.DataFrame) -> pd.Series:
        return frame["service_from_date"].between(frame["effective_date"], frame["end_date"])

    ptp = dated("ptp").query("setting == 'practitioner' and modifier_indicator == '0'")
    keys = both[[*same, "claim_id", "line_number", "hcpcs_code"]]
    pairs = keys.merge(keys, on=same, suffixes=("_one", "_two")).query("hcpcs_code_one != hcpcs_code_two")
    hits = pairs.merge(
        ptp, left_on=["hcpcs_code_one", "hcpcs_code_two"], right_on=["column_one_code", "column_two_code"]
    )
    found = len(hits[serves(hits)].drop_duplicates(["claim_id_two", "line_number_two", "hcpcs_code_one"]))
    mue = dated("mue").query("setting == 'practitioner' and mai in ('2', '3')")
    both["units"] = both["units"].astype(float)
    both["units_that_day"] = both.groupby([*same, "hcpcs_code"])["units"].transform("sum")
    over = both.merge(mue, on="hcpcs_code")
    found += int((serves(over) & (over["units_that_day"] > over["mue_value"].astype(float))).sum())
    first = both.groupby("claim_id", as_index=False)["service_from_date"].min()
    codes = read("claim_diagnosis", "claim_id", "diagnosis_code").merge(first, on="claim_id")
    codes = codes[codes["service_from_date"].between("2025-10-01", "2026-09-30")]
    known = codes.reset_index().merge(dated("diagnosis"), on="diagnosis_code")
    found += len(codes) - known[serves(known)]["index"].nunique()
    cents = (line["billed_amount"].astype(float) * 100).round().groupby(line["claim_id"]).sum()
    found += int((claim["claim_id"].map(cents) != (claim["billed_amount"].astype(float) * 100).round()).sum())
    once = both[~both["modifier_1"].isin(["76", "77", "91"])].sort_values(["received_date", "claim_id", "line_number"])
    return found + int(once.duplicated([*same, "hcpcs_code", "modifier_1", "place_of_service", "units"]).sum())


def by_great_expectations(folder: Path) -> int:
    """DX-001 (a code of the edition) and SUM-001 (total and sum agree) as expectations; returns how many rows fail."""
    import os
    import sys

    import pandas as pd

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    sys.modules["pyspark"] = None  # type: ignore[assignment]  # without grpc its import ends the process
    import great_expectations as gx

    claim = pd.read_parquet(folder / "claim.parquet", columns=["claim_id", "billed_amount"])
    line = pd.read_parquet(folder / "claim_line.parquet", columns=["claim_id", "billed_amount", "service_from_date"])
    codes = pd.read_parquet(folder / "claim_diagnosis.parquet", columns=["claim_id", "diagnosis_code"])
    by_claim = line.groupby("claim_id").agg(total=("billed_amount", "sum"), day=("service_from_date", "min"))
    claim = claim.merge(by_claim, left_on="claim_id", right_index=True)
    codes = codes.merge(by_claim, left_on="claim_id", right_index=True)
    codes = codes[pd.to_datetime(codes["day"]).between("2025-10-01", "2026-09-30")]
    known = pd.read_parquet(folder / "diagnosis.parquet", columns=["diagnosis_code"])["diagnosis_code"].tolist()
    context, failed = gx.get_context(mode="ephemeral"), 0
    for name, frame, expectation in (
        ("codes", codes, gx.expectations.ExpectColumnValuesToBeInSet(column="diagnosis_code", value_set=known)),
        ("claim", claim, gx.expectations.ExpectColumnPairValuesToBeEqual(column_A="billed_amount", column_B="total")),
    ):
        asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": frame})
        failed += batch.validate(expectation)["result"]["unexpected_count"]
    return failed
