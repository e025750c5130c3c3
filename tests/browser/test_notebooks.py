"""A learner opens the first notebook, codes the visit, finds the error and follows the dollars."""

import os
import shutil

import pytest

from tests.browser import lab

if lab.CHROMIUM is None:
    reason = "Chromium is not installed; on Debian: apt-get install chromium"
    if os.environ.get("CI"):
        raise RuntimeError(reason)
    pytest.skip(reason, allow_module_level=True)

pytestmark = pytest.mark.browser
NOTEBOOK = "notebooks/00_start_here.ipynb"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    before = {path: path.read_bytes() for path in (lab.ROOT / "notebooks").glob("*.ipynb")}
    with lab.lab(tmp_path_factory.mktemp("lab")) as (address, token):
        yield address, token
    for path, content in before.items():
        path.write_bytes(content)  # JupyterLab may save what it ran


def test_the_code_browser_is_worked_by_keyboard_alone(server):
    address, token = server
    with lab.page(address, "code_browser") as shown:
        lab.open_notebook(shown, address, token, "notebooks/01_finding_a_diagnosis_code.ipynb")
        lab.run_all(shown)
        browser = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("Stands below"))
        browser.get_by_label("Search").focus()
        shown.keyboard.type("fracture lower end radius")
        shown.keyboard.press("Enter")
        browser.get_by_text("20 found").wait_for()
        browser.get_by_label("Search").fill("S52.5")
        shown.keyboard.press("Enter")
        browser.get_by_label("Found").locator("option", has_text="S52.50 ").first.wait_for(state="attached")
        browser.get_by_label("Found").focus()
        shown.keyboard.press("Home")
        browser.get_by_role("button", name="Open what is chosen").focus()
        shown.keyboard.press("Enter")
        browser.get_by_label("Stands below").locator("option", has_text="S52.53").first.wait_for(state="attached")
        browser.get_by_role("button", name="Add to my codes").focus()
        shown.keyboard.press("Enter")
        browser.get_by_text("My codes: S52.5").wait_for()
        browser.get_by_role("button", name="Up").focus()
        shown.keyboard.press("Enter")
        browser.get_by_label("Stands below").locator("option", has_text="S52.6").first.wait_for(state="attached")
        browser.get_by_text("(from S52)").first.wait_for(state="detached")  # S52.5, which inherits the note, is gone
        link = browser.get_by_role("button", name="S58", exact=True)  # S52's Excludes1: traumatic amputation (S58.-)
        link.wait_for()
        lab.keep_pictures(browser=browser)
        browser.get_by_role("button", name="Add to my codes").focus()
        for _ in range(40):  # the buttons in the notes are in the tab order
            shown.keyboard.press("Tab")
            if link.evaluate("button => button === document.activeElement"):
                break
        else:
            raise AssertionError("the Tab key never reached the button for S58")
        shown.keyboard.press("Enter")
        browser.get_by_text("S58 Traumatic amputation of elbow and forearm", exact=False).first.wait_for()
        assert shown.strangers == []
        assert shown.faults == []


def test_a_claim_shows_as_a_form_with_the_finding_on_its_box(server):
    address, token = server
    with lab.page(address, "clean_claim") as shown:
        lab.open_notebook(shown, address, token, "notebooks/03_from_codes_to_a_clean_claim.ipynb")
        lab.run_all(shown)
        form = shown.locator(".jp-OutputArea-output", has_text="Finding 1: error").first
        form.get_by_text("Diagnosis J44 is incomplete on 2025-12-09").first.wait_for()
        shown.locator(".jp-OutputArea-output", has_text="NM1*85*2*SAMPLE CLINIC").first.wait_for(state="attached")
        shown.get_by_text("$81.14 paid").first.wait_for(state="attached")
        assert shown.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        lab.keep_pictures(form=form)
        assert shown.strangers == []
        assert shown.faults == []


def test_the_first_notebook_works_as_a_learner_uses_it_and_nothing_leaves_the_machine(server):
    address, token = server
    with lab.page(address, "start_here") as shown:
        lab.open_notebook(shown, address, token, NOTEBOOK)
        lab.run_all(shown)
        assert shown.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0

        visit = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("Diagnoses"))
        verdict = visit.get_by_role("status")
        visit.get_by_text("Not answered yet").wait_for()
        visit.get_by_label("Diagnoses").fill("I48.91")
        visit.get_by_label("Procedures").fill("99213, 93000")
        visit.get_by_role("button", name="Check my codes").click()
        verdict.get_by_text("Score 2 of 3 (66.7 %); another diagnosis comes first").wait_for()
        assert visit.locator("mark[data-evidence=missing]").inner_text() == "Palpitations, new, cause not yet known"
        visit.get_by_role("button", name="Give me a hint").click()
        visit.get_by_text("A diagnosis: read again").wait_for()
        visit.get_by_label("Diagnoses").fill("R00.2")
        visit.get_by_role("button", name="Check my codes").click()
        verdict.get_by_text("Score 3 of 3 (100.0 %); first-listed right; nothing left to find").wait_for()
        assert "Palpitations, new, cause not yet known" in visit.locator("mark[data-evidence=found]").all_inner_texts()

        hunt = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("The error is on"))
        hunt.get_by_label("The error is on").select_option("line 1: 99213")
        hunt.get_by_role("button", name="Check my finding").click()
        hunt.get_by_text("Not this line", exact=True).wait_for()
        hunt.get_by_label("The error is on").select_option("line 3: 93010")
        hunt.get_by_role("button", name="Check my finding").click()
        hunt.get_by_text("Found", exact=True).wait_for()
        assert "93010 is included in 93000" in hunt.inner_text()

        dollars = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("Deductible met"))
        dollars.get_by_text("$260.00 billed, $0.00 paid, $102.86 owed by patients").wait_for()
        dollars.get_by_label("Deductible met").select_option("all of it")
        dollars.get_by_text("$260.00 billed, $80.65 paid, $20.57 owed by patients").wait_for()
        dollars.get_by_label("The denied line is removed before the claim is sent").check()
        dollars.get_by_text("$235.00 billed, $80.65 paid, $20.57 owed by patients").wait_for()
        corrected = dollars.get_by_label("Waterfall of claim VISIT-001: billed $235.00, less $132.14 above the fee")
        corrected.wait_for()

        assert shown.strangers == []
        assert shown.faults == []
        if os.environ.get("WORKBOOK_SCREENSHOTS"):
            lab.ARTIFACTS.mkdir(exist_ok=True)
            for name, part in (("visit", visit), ("hunt", hunt), ("dollars", dollars)):
                part.screenshot(path=lab.ARTIFACTS / f"{name}.png")
            shutil.copy(lab.ROOT / NOTEBOOK, lab.ARTIFACTS)


def test_errors_are_hunted_and_a_rule_is_changed_on_the_spot(server):
    address, token = server
    with lab.page(address, "audit") as shown:
        lab.open_notebook(shown, address, token, "notebooks/04_auditing_claims.ipynb")
        lab.run_all(shown)
        hunt = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("This claim bears an error"))
        hunt.get_by_text("Read the claims and mark those that bear an error.").wait_for()
        hunt.get_by_label("Claims", exact=True).locator("option").nth(1).wait_for(state="attached")
        hunt.get_by_label("This claim bears an error").check()
        hunt.get_by_role("button", name="Score my marks").click()
        hunt.get_by_role("cell", name="Errors found").wait_for()
        hunt.get_by_role("button", name="Show what was planted").click()
        hunt.get_by_text("What is wrong").wait_for()

        cards = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("Its SQL"))
        cards.get_by_label("Search").fill("TIME-001")
        shown.keyboard.press("Enter")
        options = cards.get_by_label("Cards").locator("option")
        options.nth(1).wait_for(state="detached")  # all others are gone
        assert "TIME-001" in options.nth(0).inner_text()
        cards.get_by_label("Cards").focus()
        shown.keyboard.press("Home")
        cards.get_by_role("button", name="Open the card").click()
        cards.get_by_text("42 CFR 424.44").first.wait_for()
        sql = cards.get_by_label("Its SQL")
        sql.fill(sql.input_value().replace("interval 1 year", "interval 90 day"))
        cards.get_by_role("button", name="Run over the claims").click()
        cards.get_by_text("Your change of TIME-001: 1 rule: 5 error").wait_for()
        sql.fill("select claim_id from read_csv('/etc/passwd')")
        cards.get_by_role("button", name="Run over the claims").click()
        cards.get_by_text("is not a declared table").wait_for()

        assert shown.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        lab.keep_pictures(
            audit_hunt=hunt, audit_cards=cards, audit_curve=shown.locator("figure[aria-label*='3000000099']")
        )
        assert shown.strangers == []
        assert shown.faults == []


def test_terms_are_changed_and_the_claim_is_priced_anew_at_once(server):
    address, token = server
    with lab.page(address, "prices") as shown:
        lab.open_notebook(shown, address, token, "notebooks/05_what_medicare_pays.ipynb")
        lab.run_all(shown)
        panel = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("Who pays"))
        panel.get_by_text("As it is: $0.00 paid, $102.86 the patient's. With these terms: $0.00 paid").wait_for()
        panel.get_by_label("Deductible met").select_option("all of it")
        panel.get_by_text("With these terms: $80.65 paid, $20.57 the patient's.").wait_for()
        panel.get_by_label("Supplement").select_option("G")
        panel.get_by_text("With these terms: $80.65 paid, $0.00 the patient's.").wait_for()
        panel.get_by_label("Who pays").select_option("SILVER")
        panel.get_by_text("With these terms: $88.36 paid, $40.22 the patient's.").wait_for()
        panel.get_by_label("Modifiers").fill("2")
        shown.keyboard.press("Enter")
        panel.get_by_text("write up to four of two characters").wait_for()
        panel.get_by_label("Modifiers").fill("")
        shown.keyboard.press("Enter")
        panel.get_by_text("As it is:").wait_for()
        assert shown.locator("mjx-container").count() == 0  # dollars are no formula
        lab.keep_pictures(what_if=panel)
        assert shown.strangers == []
        assert shown.faults == []


def test_a_visit_is_judged_on_the_worksheet_and_the_key_is_shown_when_asked(server):
    address, token = server
    with lab.page(address, "worksheet") as shown:
        lab.open_notebook(shown, address, token, "notebooks/09_evaluation_and_management.ipynb")
        lab.run_all(shown)
        sheets = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("Minutes"))
        sheet = sheets.filter(has_text="ENC-001")
        sheet.get_by_text("Nothing ticked yet").wait_for()
        counts = sheet.locator(".widget-inline-hbox input[type=number]")
        counts.nth(1 + 6).fill("1")  # after the minutes: the seventh kind of problem, new with an unknown outcome
        shown.keyboard.press("Tab")
        sheet.get_by_text("decision making needs risk").wait_for()
        sheet.get_by_label("Risk").select_option(label="drugs bought without a prescription or therapy of low risk")
        sheet.get_by_text("99213, by decision making").wait_for()
        sheet.get_by_label("Minutes").fill("32")
        shown.keyboard.press("Tab")
        sheet.get_by_text("99214, by time").wait_for()
        assert sheet.get_by_text("A new problem of uncertain prognosis").count() == 0
        sheet.get_by_role("button", name="Show how the key was judged").click()
        sheet.get_by_text("A new problem of uncertain prognosis").first.wait_for()
        lab.keep_pictures(worksheet=sheet)
        assert shown.strangers == []
        assert shown.faults == []


def test_a_visit_is_coded_weighed_in_dollars_and_drawn_anew(server):
    address, token = server
    with lab.page(address, "encounters") as shown:
        lab.open_notebook(shown, address, token, "notebooks/08_coding_encounters.ipynb")
        lab.run_all(shown)
        visits = shown.locator(".jp-OutputArea-output", has=shown.get_by_label("Diagnoses"))
        visit = visits.filter(has_text="ENC-009")
        visit.get_by_label("Diagnoses").fill("Z00.00, I10")
        visit.get_by_label("Procedures").fill("99396, 99215-25")
        visit.get_by_role("button", name="Check my codes").click()
        visit.get_by_text("another level").first.wait_for()
        visit.get_by_role("button", name="What is it worth?").click()
        visit.get_by_text("too much", exact=False).first.wait_for()
        visit.get_by_text("99215, where another is right").wait_for()
        assert "99214" not in visit.inner_text()
        stay = visits.filter(has_text="ENC-046")
        stay.get_by_label("Diagnoses").fill("M16.11/Y, I26.99/Y, I10/Y")
        stay.get_by_label("Procedures").fill("0SR904A")
        stay.get_by_role("button", name="Check my codes").click()
        stay.get_by_text("I26.99: Y is not right").wait_for()
        variant = visits.filter(has_text="VAR-005")
        variant.get_by_role("button", name="Check my codes").click()
        variant.get_by_text("Not answered yet").first.wait_for()
        lab.keep_pictures(encounter=visit, stay=stay)
        assert shown.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert shown.strangers == []
        assert shown.faults == []
