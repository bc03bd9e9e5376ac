"""How a page is looked at: at each width and in each colour that it is made for, without loading it again, since both are the
stylesheets' alone. axe looks, and so do we whether anything is wider than the screen."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
HEIGHT = 900


class Look(NamedTuple):
    width: int
    scheme: Literal["light", "dark"]


# The narrow one stands last: the next page is loaded in it, and shown wide afterwards.
LOOKS = (Look(1440, "light"), Look(390, "dark"))
OTHER_LOOKS = (Look(1440, "dark"), Look(390, "light"))


def each(page: Page, looks: Sequence[Look] = LOOKS) -> Iterator[Look]:
    """The page is in one look after the other, and stays in the last."""
    for look in looks:
        page.set_viewport_size({"width": look.width, "height": HEIGHT})
        page.emulate_media(color_scheme=look.scheme)
        yield look


def complaints(page: Page, looks: Sequence[Look] = LOOKS) -> list[str]:
    """What is wrong with the page as it is now, in any of the looks."""
    return [f"{page.url} as {look.width}-{look.scheme}: {one}" for look in each(page, looks) for one in complaints_now(page)]


def complaints_now(page: Page) -> list[str]:
    """In the look that it has."""
    violations = Axe().run(page, options=RULES).response["violations"]
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [f"{one['id']} {[node['target'] for node in one['nodes']]}" for one in violations]
    return [*found, *([f"is {wider} px wider than the screen"] if wider > 0 else [])]
