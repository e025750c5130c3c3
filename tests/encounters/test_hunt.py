"""The hunt for planted errors: the same patients for a seed, scores by claim, and the rules' score beside."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workbook.encounters.hunt import SHARE_PLANTED, Hunt, Planted, Score, hunt
from workbook.terms import WorkbookError


@pytest.fixture(scope="module")
def drawn() -> Hunt:
    return hunt(seed=1, claims=12)


def planted(claim_id: str, amount: str | None) -> Planted:
    return Planted(claim_id, 1, "kind", "PTP-001", "says", "changed", None if amount is None else Decimal(amount))


def test_a_seed_draws_the_same_claims_and_another_seed_others(drawn: Hunt) -> None:
    assert hunt(seed=1, claims=12).claim_ids == drawn.claim_ids
    assert hunt(seed=2, claims=12).claim_ids != drawn.claim_ids


def test_a_hunt_has_whole_patients_and_enough_errors(drawn: Hunt) -> None:
    assert len(drawn.claim_ids) >= 12
    bearing = {p.claim_id for p in drawn.planted}
    assert bearing <= set(drawn.claim_ids)
    assert len(bearing) * 100 >= SHARE_PLANTED * 12 * 0.7
    assert set(drawn.claim_ids) - bearing, "a hunt without a clean claim teaches to mark everything"
    lines = set(drawn.claims.arrow["claim_line"]["claim_id"].to_pylist())
    assert lines == set(drawn.claim_ids)


def test_marks_are_blind_to_case_order_and_repeats(drawn: Hunt) -> None:
    one, two = (p.claim_id for p in drawn.planted[:2])
    assert drawn.score(f" {two.lower()}; {one}\n{one}").found == drawn.score([one, two]).found


def test_nothing_marked_has_no_precision_and_finds_nothing(drawn: Hunt) -> None:
    score = drawn.score("")
    assert (score.precision, score.recall, score.found) == (None, 0.0, ())
    assert "nothing marked" in repr(score)


def test_all_right_marks_find_everything(drawn: Hunt) -> None:
    score = drawn.score([p.claim_id for p in drawn.planted])
    assert (score.precision, score.recall) == (1.0, 1.0)
    assert score.amount_found == score.amount_planted


def test_a_false_alarm_costs_precision_and_not_recall(drawn: Hunt) -> None:
    clean = next(c for c in drawn.claim_ids if c not in {p.claim_id for p in drawn.planted})
    score = drawn.score([drawn.planted[0].claim_id, clean])
    assert score.precision == 0.5 and score.false_alarms == (clean,)


def test_precision_counts_claims_and_recall_counts_errors() -> None:
    score = Score((planted("A", "10.00"), planted("A", "-5.00")), (planted("B", None),), ("C",))
    assert (score.precision, score.recall) == (0.5, 2 / 3)
    assert (score.amount_found, score.amount_planted) == (Decimal("15.00"), Decimal("15.00"))


def test_a_claim_that_is_not_there_is_named(drawn: Hunt) -> None:
    with pytest.raises(WorkbookError, match="X99: no claim of this hunt is called so"):
        drawn.score("X99")


def test_the_rules_hunt_over_the_same_claims(drawn: Hunt) -> None:
    beside = drawn.compare("")
    assert "The rules: " in repr(beside)
    assert drawn.rules_score.recall > 0
    assert set(drawn.rules_score.false_alarms).isdisjoint({p.claim_id for p in drawn.planted})


def test_what_was_planted_is_told_only_when_asked(drawn: Hunt) -> None:
    first = drawn.planted[0]
    assert first.says not in drawn.compare("")._repr_html_()
    assert first.says.split("'")[0] in drawn.compare("", reveal=True)._repr_html_()


def test_a_hunt_of_no_claims_is_refused() -> None:
    with pytest.raises(WorkbookError, match="claims=0: a hunt needs at least one claim"):
        hunt(claims=0)
