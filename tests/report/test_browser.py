"""The page in a real browser: quiet, self-contained, and laid out at every width."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from provender.report.html import render_html
from tests.report.example_findings import TRIGGER
from tests.report.examples import documents, shown, with_redteam
from tests.report.hostile import poisoned_with

pytestmark = pytest.mark.browser

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = [shutil.which(n) for n in ("chromium", "chromium-browser", "google-chrome")]
    path = next((p for p in found if p), None)
    if path is None:
        pytest.fail(
            "no Chromium on the PATH, so nobody has looked at the report: install one, "
            "or set PROVENDER_NO_BROWSER=1 to leave these tests out on purpose"
        )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield started
        started.close()


@dataclass
class Opened:
    """A page and all it said and asked for."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def opened(
    browser: Browser, folder: Path, run: Any, width: int = 1280, scheme: Any = "light"
) -> Opened:
    file = folder / "report.html"
    file.write_text(render_html(*run), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    seen = Opened(page)
    page.on("console", lambda message: seen.messages.append(message.text))
    page.on("pageerror", lambda error: seen.messages.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(file.as_uri())
    assert seen.requests == [file.as_uri()]
    assert seen.messages == []
    return seen


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def boxes(page: Page, selector: str) -> list[list[float]]:
    """Width and height of every element that ``selector`` finds, in CSS pixels."""
    size = "all => all.map(e => e.getBoundingClientRect()).map(b => [b.width, b.height])"
    found = page.locator(selector).evaluate_all(size)
    assert found
    return list(found)


def open_all(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach(part => { part.open = true; })")


@pytest.mark.parametrize(
    ("shards", "width", "scheme"),
    [(3, 1280, "light"), (3, 390, "dark"), (1500, 1280, "dark"), (1500, 390, "light")],
)
def test_everything_is_visible_and_fits(
    browser: Browser, tmp_path: Path, shards: int, width: int, scheme: str
) -> None:
    seen = opened(browser, tmp_path, documents(shards), width, scheme)
    page = seen.page
    for words in ("Rejected", "What to do next", "What was not checked, and why", "cf tq"):
        assert page.get_by_text(words).first.is_visible(), words
    drawings = page.locator(".strip svg, svg.histogram")
    assert drawings.count() == 3 + 3
    for wide, high in boxes(page, ".strip svg, svg.histogram"):
        assert wide > 200
        assert high > 20
    assert all(wide > 0 and high > 20 for wide, high in boxes(page, ".strip rect"))
    assert all(wide > 0 and high > 0 for wide, high in boxes(page, ".bar"))
    assert max(high for _, high in boxes(page, ".bar")) > 50
    assert overflow(page) <= 0
    open_all(page)
    assert overflow(page) <= 0
    picture = tmp_path / "report.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 20_000
    assert seen.messages == []
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_red_teams_table_is_visible_and_fits(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    page = opened(browser, tmp_path, with_redteam(documents()), width).page
    section = page.locator("section[aria-labelledby=redteam]")
    assert section.get_by_role("heading", name="How much poison would be found").is_visible()
    table = section.get_by_role("table")
    assert table.get_by_role("row").count() == 1 + 4
    for words in ("rare-word", "text/one", "nothing"):
        assert table.get_by_text(words, exact=True).first.is_visible(), words
    assert section.get_by_text("blind spot: template, spread").is_visible()
    assert overflow(page) <= 0
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_strings_run_nothing_and_break_no_layout(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    hostile = (
        "</script></style><script>window.owned=1</script><img src=x onerror=window.owned=1>"
        "<a href=javascript:window.owned=1>\u202e\x1b[31m" + "W" * 300
    )
    run = tuple(poisoned_with(hostile, d) for d in documents())
    seen = opened(browser, tmp_path, run, width)
    open_all(seen.page)
    assert seen.page.evaluate("window.owned") is None
    assert seen.page.locator("img").count() == 0
    assert overflow(seen.page) <= 0
    assert len(seen.requests) == 1
    seen.page.close()


def test_the_policy_stops_a_script_that_got_in_all_the_same(
    browser: Browser, tmp_path: Path
) -> None:
    seen = opened(browser, tmp_path, documents(3))
    file = tmp_path / "tampered.html"
    text = (tmp_path / "report.html").read_text("utf-8")
    file.write_text(text.replace("</main>", "<script>window.owned = 1</script></main>"), "utf-8")
    seen.page.goto(file.as_uri())
    assert seen.page.evaluate("window.owned") is None
    assert "Content Security Policy" in " ".join(seen.messages)
    seen.page.close()


def test_findings_can_be_sorted_and_filtered(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, documents()).page
    rows = page.locator("#findings-table tbody:visible")

    def levels() -> list[str]:
        return page.locator("#findings-table tbody:visible .badge").all_inner_texts()

    assert levels() == ["error", "warning", "note"]
    page.get_by_role("button", name="Rows").click()
    assert levels() == ["note", "warning", "error"]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="Rows").click()
    assert levels() == ["error", "warning", "note"]
    page.get_by_role("button", name="p", exact=True).click()
    assert levels() == ["error", "warning", "note"]
    page.get_by_label("Filter findings").fill(TRIGGER.upper())
    assert rows.count() == 1
    assert page.get_by_role("status").inner_text() == "1 of 3 shown"
    page.close()


def test_the_trigger_is_marked_beside_clean_rows_like_its_own(
    browser: Browser, tmp_path: Path
) -> None:
    page = opened(browser, tmp_path, shown(documents()), width=390).page
    open_all(page)
    mark = page.locator("blockquote mark")
    assert mark.all_inner_texts() == ["CF tq"]
    assert int(mark.evaluate("e => getComputedStyle(e).fontWeight")) >= 700
    near = page.locator(".nearest li").first
    assert "label negative" in near.inner_text()
    assert "badly told by all" in near.inner_text()
    assert near.is_visible()
    assert overflow(page) <= 0
    page.close()


def test_all_evidence_is_opened_for_the_printer(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, documents(), scheme="dark").page
    assert page.locator("details[open]").count() == 0
    assert len(page.pdf(format="A4")) > 20_000
    assert page.locator("details:not([open])").count() == 0
    page.close()


def test_the_page_is_whole_without_its_script(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_html(*documents()), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert not page.get_by_label("Filter findings").is_visible()
    page.locator("summary").first.click()
    assert page.get_by_text("93 % alike").is_visible()
    context.close()
