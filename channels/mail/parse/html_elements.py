"""How HTML elements behave in a mail: which break lines, which are never shown, which close which."""

# fmt: off
VOID = frozenset({
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr",
})
# Elements whose text is never shown.
UNSEEN = frozenset({
    "applet", "head", "iframe", "math", "noembed", "noframes", "noscript", "object", "script", "select", "style",
    "svg", "template", "title",
})
# Elements whose content is no markup.
RAW_TEXT = frozenset({"script", "style", "title", "textarea", "xmp", "noembed", "noframes", "iframe"})
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot",
    "thead", "tr", "ul",
})
# Blocks with a blank line around them.
PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "blockquote", "table"})
# fmt: on

CELLS, ROW, ITEMS = ("td", "th"), ("td", "th", "tr"), ("dt", "dd")
# A start tag closes the nearest of the first names when its end tag is missing, unless one of the second is nearer.
CLOSES = {
    "li": (("li",), ("ul", "ol")),
    "td": (CELLS, ("table", "tr")),
    "th": (CELLS, ("table", "tr")),
    "tr": (ROW, ("table",)),
    "dt": (ITEMS, ("dl",)),
    "dd": (ITEMS, ("dl",)),
}
CLOSERS_OF_P = BLOCKS - {"html", "body", "tbody", "tr", "thead", "tfoot"}
# How many open elements an implied or inline end tag looks through: bounded, so that no input makes it slow.
REACH = 40
