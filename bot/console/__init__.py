"""The web console: the queue, every conversation and run, decisions and figures, rendered on the server.

routes.py          ROUTES: each address, its page, and who gets in
guard.py           where it is served, and the headers of every answer
keys.py people.py  one-time links and sessions; who may look and who may decide
sign_in.py         the pages in front: the link, Sign in with Slack, signing out
page.py render.py  what a page gets (the person, the form) and gives (a template, filled)
queue.py ticket.py care.py run.py actions.py press.py charts.py numbers.py quarantine.py files.py …: one file a page
"""
