"""Checks of what the team may quote."""

import asyncio
from pathlib import Path

from agents_team.config import SAMPLE_KNOWLEDGE
from agents_team.knowledge.folder import SUFFIXES
from bot.doctor.findings import Finding, Patient, error, note, ok, warning


async def documents(patient: Patient) -> list[Finding]:
    """There are documents, readable and not empty."""
    chosen = patient.settings.knowledge.folder
    folder = Path(chosen) if chosen else SAMPLE_KNOWLEDGE
    if not folder.is_dir():
        return [
            error(f"knowledge.folder: {folder} is not a folder", f"mkdir -p {folder}, and put Markdown files in it")
        ]
    found = await asyncio.to_thread(_read, folder)
    if chosen is None:
        found.insert(0, note("the sample documents are quoted", "set knowledge.folder to your own Markdown files"))
    return found


def _read(folder: Path) -> list[Finding]:
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in SUFFIXES]
    if not files:
        return [error(f"no document in {folder}: every question goes to a person", f"put Markdown files into {folder}")]
    found = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as trouble:
            found.append(warning(f"{file} cannot be read: {trouble}", f"iconv -t utf-8 {file}, or remove it"))
            continue
        if not text.strip():
            found.append(warning(f"{file} is empty", f"write it, or: rm {file}"))
    return found or [ok(f"{len(files)} documents in {folder}")]
