"""The catalogue as one page: every card once, by family, nothing fetched from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbook.cli import main
from workbook.rules.card import rules
from workbook.rules.index import index_page
from workbook.terms import WorkbookError


def test_every_card_stands_once_and_is_linked() -> None:
    page = index_page(rules())
    for card in rules():
        assert page.count(f"<article id='{card.id}'>") == 1
        assert f"<a href='#{card.id}'>" in page
    families = {card.id.partition("-")[0] for card in rules()}
    assert f"rules in {len(families)} families" in page


def test_the_page_opens_offline() -> None:
    page = index_page(rules())
    assert not re.search(r"<script|<link|<img|@import|src=|url\(", page)


def test_the_page_is_written_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "page", str(tmp_path / "rules.html")]) == 0
    assert "PTP-001" in (tmp_path / "rules.html").read_text(encoding="utf-8")
    assert main(["rules", "page", str(tmp_path / "none" / "rules.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_changed_card_must_still_say_what_its_sentence_needs() -> None:
    card = next(card for card in rules() if card.id == "SUM-001")
    assert card.with_sql(card.select.sql).select.columns == card.select.columns
    with pytest.raises(WorkbookError, match="SUM-001, changed: the SELECT must return"):
        card.with_sql("select claim_id from service_claim")
    with pytest.raises(WorkbookError, match="no table is called 'nowhere'"):
        card.with_sql(card.select.sql.replace("service_claim", "nowhere"))
