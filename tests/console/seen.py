"""What a screen reader, a keyboard and weak eyes need of a page, looked up in the browser itself."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

LOOK = (Path(__file__).parent / "seen.js").read_text(encoding="utf-8").partition("\n")[2]

FOCUS = """
() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  return {
    what: node.outerHTML.slice(0, 120),
    visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.right > 0,
  };
}
"""


async def wrong_with(page: Page) -> list[str]:
    """Everything a person with other eyes or hands would stumble over; empty is good."""
    found: list[str] = await page.evaluate(LOOK)
    return found


async def focus(page: Page) -> dict[str, Any] | None:
    """Where the keyboard is, and whether one can see that."""
    at: dict[str, Any] | None = await page.evaluate(FOCUS)
    return at
