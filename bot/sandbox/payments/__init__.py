"""A payment provider on loopback that speaks Stripe's API well enough for the official client."""
