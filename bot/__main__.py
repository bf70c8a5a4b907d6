"""`python -m bot` is the same as `helpdesk`."""

from bot.cli import main

main()
