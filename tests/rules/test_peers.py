"""Outliers against peers: high and low, with enough peers and items, and not by chance alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbook as wb
from workbook.rules.measures import measures, read_measure
from workbook.rules.peers import NO_GROUP, peers
from workbook.terms import WorkbookError

LEVELS = ("99212", "99213", "99214", "99215")


def visits(npi: str, counts: tuple[int, ...], taxonomy: str = "207Q00000X") -> list[dict[str, Any]]:
    """A provider's office visits of an established patient: so many at levels 2, 3, 4 and 5."""
    codes = [code for code, count in zip(LEVELS, counts, strict=True) for _ in range(count)]
    return [{"npi": npi, "code": code, "taxonomy": taxonomy} for code in codes]


def universe(rows: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """The claim tables of one claim with one line for each visit."""
    claims, lines, parties = [], [], []
    for number, row in enumerate(rows, 1):
        claim_id = f"C{number}"
        claims.append({
            "claim_id": claim_id, "claim_type": "professional", "billing_provider_npi": "1999999109",
            "rendering_provider_npi": row["npi"], "patient_id": f"P{number}", "billed_amount": 100,
        })  # fmt: skip
        lines.append({
            "claim_id": claim_id, "line_number": 1, "service_from_date": pd.Timestamp("2026-03-02"),
            "hcpcs_code": row["code"], "units": 1, "billed_amount": 100, "modifier_1": row.get("modifier"),
        })  # fmt: skip
        if row["taxonomy"]:
            parties.append({
                "claim_id": claim_id, "role": "rendering", "sequence": 1, "identifier_type": "XX",
                "identifier": row["npi"], "taxonomy_code": row["taxonomy"],
            })  # fmt: skip
    return {"claim": pd.DataFrame(claims), "claim_line": pd.DataFrame(lines), "claim_party": pd.DataFrame(parties)}


def practice(taxonomy: str = "207Q00000X", first: int = 0) -> list[dict[str, Any]]:
    """Twelve providers with forty visits each, ten to fifteen of them at level 4."""
    return [
        row for n in range(12) for row in visits(f"30000000{first + n:02}", (6, 24 - n // 2, 10 + n // 2, 0), taxonomy)
    ]  # fmt: skip


def verdicts(found: Any) -> dict[str, str]:
    rows = found.shares[found.shares["measure"] == "established-visits"]
    return dict(zip(rows["provider_npi"], rows["verdict"], strict=True))


def test_a_provider_far_above_the_peers_is_high_and_one_far_below_is_low() -> None:
    found = peers(universe([*practice(), *visits("3000000098", (0, 0, 20, 20)), *visits("3000000099", (20, 20, 0, 0))]))
    told = verdicts(found)
    assert (told["3000000098"], told["3000000099"]) == ("high", "low")
    assert {told[f"30000000{n:02}"] for n in range(12)} == {"usual"}
    assert set(found.outliers["verdict"]) == {"high", "low"}


def test_percentiles_are_those_of_the_others() -> None:
    found = peers(universe([*practice(), *visits("3000000098", (0, 0, 20, 20))]), only=["established-visits"])
    row = found.shares[found.shares["provider_npi"] == "3000000098"].iloc[0]
    shares = pd.Series([(10 + n // 2) / 40 for n in range(12)])
    assert (row["share"], row["peers"], row["percentile"]) == (1.0, 12, 1.0)
    assert row["peer_median"] == pytest.approx(shares.median())
    assert row["peer_high"] == pytest.approx(shares.quantile(0.95))
    assert row["peer_low"] == pytest.approx(shares.quantile(0.05))
    middle = found.shares[found.shares["provider_npi"] == "3000000005"].iloc[0]
    others = pd.Series([(10 + n // 2) / 40 for n in range(12) if n != 5] + [1.0])
    assert middle["peer_median"] == pytest.approx(others.median())
    assert middle["percentile"] == pytest.approx(4 / 12)


def test_few_items_or_few_peers_are_not_compared() -> None:
    few = [*practice()[:200], *visits("3000000098", (0, 0, 5, 5))]
    told = verdicts(peers(universe(few)))
    assert told["3000000098"] == "fewer than 30 items"
    assert told["3000000000"] == "fewer than 10 peers"


def test_a_share_that_chance_explains_is_usual() -> None:
    rows = [row for n in range(12) for row in visits(f"30000000{n:02}", (0, 20, 20, 0))]
    told = verdicts(peers(universe([*rows, *visits("3000000098", (0, 14, 18, 0))])))
    assert told["3000000098"] == "usual"  # 18 of 32 is beyond every peer, but well within chance of one half


def test_peers_are_of_one_specialty_unless_groups_are_given(tmp_path: Path) -> None:
    high = [row for n in range(12) for row in visits(f"30000000{20 + n}", (0, 5, 35, 0), "207RC0000X")]
    claims = universe([*practice(), *high])
    assert set(verdicts(peers(claims)).values()) == {"usual"}
    groups = tmp_path / "groups.csv"
    groups.write_text(
        "provider_npi,peer_group\n" + "".join(f"30000000{n:02},A\n" for n in range(12)) + "3000000020,A\n"
    )
    told = verdicts(peers(claims, groups=groups))
    assert told["3000000020"] == "high"
    assert told["3000000021"] == "no peer group is known"
    assert NO_GROUP in set(peers(claims, groups=groups).shares["peer_group"])


def test_without_any_specialty_all_providers_are_peers() -> None:
    rows = [{**row, "taxonomy": None} for row in [*practice(), *visits("3000000098", (0, 0, 20, 20))]]
    found = peers({k: v for k, v in universe(rows).items() if k != "claim_party"})
    assert verdicts(found)["3000000098"] == "high"
    assert set(found.shares["peer_group"]) == {"all providers"}


def test_groups_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    claims = universe(practice())
    with pytest.raises(WorkbookError, match="peer_group is missing"):
        peers(claims, groups=pd.DataFrame({"provider_npi": ["1"]}))
    with pytest.raises(WorkbookError, match="stands in two rows"):
        peers(claims, groups=pd.DataFrame({"provider_npi": ["1", "1"], "peer_group": ["A", "B"]}))
    with pytest.raises(WorkbookError, match="cannot be read"):
        peers(claims, groups=tmp_path / "none.csv")
    with pytest.raises(WorkbookError, match="no measure is called 'level-five'"):
        peers(claims, only=["level-five"])
    with pytest.raises(WorkbookError, match="no measure is named; there are emergency-visits"):
        peers(claims, only=[])
    assert [one.id for one in peers(claims, only="long-days").measures] == ["long-days"]


def test_the_curve_is_drawn_with_its_words() -> None:
    found = peers(universe([*practice(), *visits("3000000098", (0, 0, 20, 20))]), only=["established-visits"])
    curve = found.curve("3000000098")
    assert curve.own["99214"] == 0.5 and len(curve.peers) == 12
    assert "99215 50% (peers 0%)" in curve.alt_text
    assert curve.svg().startswith("<svg")
    with pytest.raises(WorkbookError, match="nothing is counted for provider '1'"):
        found.curve("1")


def test_the_modifier_25_is_found_in_any_position() -> None:
    rows = [{**row, "modifier": "25"} for row in visits("3000000001", (0, 10, 0, 0))] + visits(
        "3000000001", (0, 30, 0, 0)
    )
    found = peers(universe(rows), only=["modifier-25"])
    assert found.shares.iloc[0]["share"] == 0.25


@pytest.mark.parametrize("one", measures(), ids=lambda m: m.id)
def test_every_measure_counts_something_on_the_practice(one: Any) -> None:
    found = peers(wb.read_claims(Path(__file__).parents[2] / "sample_data" / "claims"), only=[one.id])
    assert set(found.levels["level"]) <= set(one.levels)
    assert one.id == "hospital-visits" or len(found.levels)


def test_a_measure_that_is_not_as_it_should_be_names_file_and_line(tmp_path: Path) -> None:
    good = (Path(read_measure.__code__.co_filename).with_name("measures") / "modifier-25.md").read_text()
    for change, message in (
        ((("id: modifier-25", "id: other")), r"modifier-25.md, line 2: id other"),
        (("high: [\"with 25\"]", "high: [\"27\"]"), r"line 6: '27' is not among the levels"),
        (("reads: [service_line]", "reads: [claim]"), "reads service_line, which `reads` does not name"),
        (("count(*) as count", "count(*) as many"), "returns count, level, provider_npi"),
    ):  # fmt: skip
        page = tmp_path / "modifier-25.md"
        page.write_text(good.replace(*change))
        with pytest.raises(WorkbookError, match=message):
            read_measure(page)
