"""A Slack on loopback, in a process of its own, for the demo and for tests; never more permissive than the real one.

Start it with `started("bot.sandbox.slack", …)` (or `python -m bot.sandbox.slack --help`). The ready line has
`url`, `api_url` (base_url of a WebClient), `bot_token`, `app_token`, `signing_secret`, `team_id`, `app_id`,
`bot_user_id`, `bot_id` and the ids by name: `teams`, `users`, `channels`, `usergroups`. The default world is Northwind
Helpdesk (sam and robin in the group approvers, nia, the guest gus, the bot helpdesk) and Acme (alice, bob, acmebot), in
#acme-support (shared by both), #helpdesk-approvals (private), #general and #watercooler (the bot is not in it).

Play the people with `async with SlackTown(running.url) as town` (client.py): `say`, `edit`, `delete`, `react`, `click`,
`click_raw`, `submit`, `slash`, `shortcut`, `home`; look with `world`, `messages`, `ephemerals`, `modals`, `calls`,
`deliveries`; wait with `until` and `quiet`; turn switches with `fault`, `options`, `drop_sockets`,
`disconnect_sockets`, `refuse_sockets`, `add_channel`, `add_user`, `reset`. Acts without a method of their own go
through `act(name, …)`: see people.ACTS and places.ACTS (join, leave, share, unshare, archive, change_id, usergroups,
teams, revoke, close).

Over HTTP the same is POST /_control/{act} with a JSON object, and GET /_control/{world,log,deliveries,sockets};
GET /_control/changes?since=N&seconds=S waits for what comes after change N (`n` of the world).

Where to read: gateway.py (one call of the Web API), methods/ (what each does), blocks.py (what is refused),
posting.py -> events.py -> delivery.py -> sockets.py or push.py (how the app hears of it), interactions.py (clicks).
"""
