"""HTML and plain text become passages with headings, like Markdown."""

from pathlib import Path

from agents_team.knowledge import Knowledge

PAGE = """<html><head><title>x</title><style>p {color: red}</style></head><body><nav>Home Shop 45 days</nav>
<h1>Returns</h1><h2>Refund window</h2><p>Items can be returned
within <b>45 days</b>.</p><ul><li>unused</li><li>complete</li></ul><script>refund()</script></body></html>"""


async def test_a_page_is_read_like_a_document(tmp_path: Path) -> None:
    (tmp_path / "returns.html").write_text(PAGE)

    [hit, *_] = await Knowledge(tmp_path).find("how many days is the refund window")

    assert (hit.passage.document, hit.passage.section) == ("returns.html", "Returns > Refund window")
    assert "Items can be returned within 45 days." in hit.passage.text
    assert "- unused" in hit.passage.text
    assert "refund()" not in hit.passage.text
    assert "Home" not in hit.passage.text


async def test_plain_text_has_headings_too(tmp_path: Path) -> None:
    (tmp_path / "hours.txt").write_text("Opening hours\n=============\n\nWe are open from 9 to 5.\n")

    [hit, *_] = await Knowledge(tmp_path).find("opening hours?")

    assert (hit.passage.section, hit.passage.text) == ("Opening hours", "We are open from 9 to 5.")


async def test_typing_errors_in_a_question_are_forgiven(tmp_path: Path) -> None:
    (tmp_path / "hours.md").write_text("# Hours\n\nThe warehouse is open from 9 to 5.\n")

    assert await Knowledge(tmp_path).find("warehuose hours")
