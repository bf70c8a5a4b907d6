"""How a sentence becomes a lane: examples, features, weights, and embeddings when there are any."""
