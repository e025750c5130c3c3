"""Every amount has its account, and the page that says which is checked."""

import pytest

import workbook.payment.accounts as accounts
from workbook.claims.forms.remittance import _words
from workbook.payment.accounts import account_of_plb, natures, record_kind
from workbook.terms import WorkbookError


def test_every_provider_adjustment_with_a_meaning_has_an_account():
    assert [code for code in _words()["provider_adjustment"] if account_of_plb(code) is None] == []


def test_a_refund_due_is_a_debt_and_a_receivable_is_not():
    assert (natures()["refund due"], natures()["receivable from patient"]) == (-1, 1)


def test_a_page_that_names_an_account_that_there_is_not_is_refused(tmp_path, monkeypatch):
    page = tmp_path / "accounts.yaml"
    page.write_text(accounts.PAGE.read_text().replace("account: interest received", "account: windfall"))
    monkeypatch.setattr(accounts, "PAGE", page)
    accounts._page.cache_clear()
    try:
        with pytest.raises(
            WorkbookError, match=r"accounts.yaml: no account is called 'windfall'; the accounts are receivable"
        ):
            accounts._page()
    finally:
        accounts._page.cache_clear()


def test_a_kind_of_record_says_what_it_debits_and_credits():
    assert (record_kind("bad debt").debit, record_kind("bad debt").credit) == ("write-off", "receivable from patient")
