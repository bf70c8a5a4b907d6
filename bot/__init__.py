"""The conductor: every transaction is here, and this is the one path of a message.

    channels/*                      a door hands over raw bytes
      └─ steps/accept.py            kept and committed (deliveries.py)           ◄─ only now the door says yes
    worker.py                       claims a job, runs its step from steps/STEPS, again or to a person
      ├─ steps/ingest.py            bytes → tickets/ (whose, new or changed), staff/clicks.py, or an outcome
      ├─ steps/answer.py            tickets/turns.py (what the team may know) → agents_team → reply, actions, escalation
      ├─ steps/deliver.py           rows of tickets/outbox.py go out, after a look when there was a doubt
      ├─ steps/card.py              staff/ shows what people decide
      └─ steps/act.py               actions/ does what was approved, after a look, with our id as the key
    clock.py                        whatever happens by time, once however many processes tick

`app.py` starts all of it, `wiring/` makes the parts from `settings/`, `desk.py` is what every step is given.
"""
