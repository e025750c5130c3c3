"""The same rules by hand: one DuckDB script as a person in a hurry would tune it, nothing shared with the package."""

from __future__ import annotations

from pathlib import Path

import duckdb

CODES = Path(__file__).parents[1] / "sample_data" / "codes"


def audit_by_hand(claims: dict[str, Path], diagnosis: Path) -> int:
    """Run the eleven rules over Parquet files and fetch what they find; returns how many rows that is."""
    c = duckdb.connect()
    for name, path in claims.items():
        c.execute(f"create view {name} as select * from '{path}'")
    for name in ("ptp", "mue", "ncci_modifier", "modifier_use"):
        c.execute(f"create table {name} as select * from read_csv('{CODES / name}.csv', all_varchar = true)")
    c.execute(f"create view diagnosis as select * from '{diagnosis}'")
    c.execute(
        """create temp table l as select l.claim_id, l.line_number, l.hcpcs_code h, l.modifier_1 m, l.units, l.service_from_date d,
        c.patient_id p, c.rendering_provider_npi n, c.received_date r, coalesce(l.place_of_service, c.place_of_service) pos, c.billed_amount b,
        l.billed_amount a from claim_line l join claim c using (claim_id)"""
    )
    c.execute(
        """create temp table pairs as select x.claim_id c1, x.line_number l1, x.h h1, x.m m1, y.claim_id c2, y.line_number l2, y.h h2, y.m m2, x.d
        from l x join l y on x.p = y.p and x.n = y.n and x.d = y.d and x.h <> y.h"""
    )
    found = 0
    for sql in (
        """select distinct c2, l2, h1 from pairs join ptp e on e.column_one_code = h1 and e.column_two_code = h2 and d >= e.effective_date::date
            and d <= coalesce(e.end_date::date, date '9999-12-31') where modifier_indicator = '0'""",
        """select distinct c2, l2, h1 from pairs join ptp e on e.column_one_code = h1 and e.column_two_code = h2 and d >= e.effective_date::date
            and d <= coalesce(e.end_date::date, date '9999-12-31') where modifier_indicator = '1'
            and (m2 is null or m2 not in (select modifier from ncci_modifier))
            and (m1 is null or m1 not in (select modifier from ncci_modifier where kind in ('anatomical', 'distinct')))""",
        "select claim_id, line_number from l join mue on h = hcpcs_code and mai = '1' and units > mue_value::decimal and d between effective_date::date and end_date::date",
        """select claim_id, line_number from (select *, sum(units) over (partition by p, n, h, d) u from l) join mue on h = hcpcs_code
            and mai in ('2', '3') and u > mue_value::decimal and d between effective_date::date and end_date::date""",
        """select g.claim_id, g.diagnosis_code from claim_diagnosis g join (select claim_id, min(d) d from l group by 1) using (claim_id)
            left join diagnosis t on t.diagnosis_code = g.diagnosis_code and d between t.effective_date and t.end_date
            where t.diagnosis_code is null and d between date '2025-10-01' and date '2026-09-30'""",
        """select g.claim_id, g.diagnosis_code from claim_diagnosis g join (select claim_id, min(d) d from l group by 1) using (claim_id)
            join diagnosis t on t.diagnosis_code = g.diagnosis_code and d between t.effective_date and t.end_date where not t.is_billable""",
        """select claim_id from claim where (24 + (select sum(case when i % 2 = 0 then list_value(0,2,4,6,8,1,3,5,7,9)[1 + substr(billing_provider_npi, i + 1, 1)::int]
            else substr(billing_provider_npi, i + 1, 1)::int end) from range(10) t(i))) % 10 <> 0""",
        "select claim_id, any_value(b), sum(a) from l group by 1 having any_value(b) <> sum(a)",
        """select claim_id, line_number from (select *, row_number() over (partition by p, n, h, d, m, pos, units order by r, claim_id, line_number) k from l
            where m is null or m not in ('76', '77', '91')) where k > 1""",
        "select claim_id, line_number from l where r > d + interval 1 year",
        """select claim_id, line_number from l left join modifier_use u on u.modifier = m and h between u.first_code and u.last_code
            where m in ('24', '25', '57') and u.modifier is null and h similar to '[0-9].*'""",
    ):
        found += len(c.execute(sql).fetchall())
    return found
