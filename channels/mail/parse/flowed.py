"""format=flowed (RFC 3676): soft line breaks undone, quote marks and signature lines kept."""


def unflow(text: str, delsp: bool = False) -> str:
    """Paragraphs on one line each. A soft break ends in a space; DelSp says that space is no part of the text."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth, content = _depth(line)
        soft = content.endswith(" ") and content != "-- "
        if soft and delsp:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            out[-1] += content
        else:
            out.append(("> " if depth else "") * 1 + content if depth <= 1 else ">" * depth + " " + content)
        open_depth = depth if soft else -1
    return "\n".join(out)


def _depth(line: str) -> tuple[int, str]:
    """How deep a line is quoted, and its content without marks and stuffing."""
    content = line.lstrip(">")
    depth = len(line) - len(content)
    return depth, content[1:] if content.startswith(" ") else content
