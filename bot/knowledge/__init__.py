"""The desk's side of knowledge: its index, what people approve for it, and what a change of it means."""
