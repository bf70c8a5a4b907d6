"""Replay: old conversations answered again in shadow, beside what staff wrote then; nothing is sent or carried out."""
