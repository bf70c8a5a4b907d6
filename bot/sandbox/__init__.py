"""Servers on loopback that speak the protocols of Slack, mail, a payment provider and a model, for demo and tests."""
