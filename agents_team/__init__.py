"""The people made of model: a turn goes in, an answer comes out. Knows no channel, no table, no money."""
