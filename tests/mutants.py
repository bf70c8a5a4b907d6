"""Takes each guard of the promises away, one at a time, and sees that a test notices: `make mutants`.

A mutant is one exact change of the source. In a copy of the tree the test that watches over the guard passes with
the guard and must fail without it. Ends with 1 when a mutant survives or the table no longer fits the source.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.postgres import NoPostgres, running_server

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("bot", "channels", "agents_team", "storage", "tests", "pyproject.toml")
TABLES = "storage/migrations/versions/0001_first_tables.py"
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is removed (`old` becomes `new` in `file`), and the test that must then fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


def _without(constraint: str, of: str, promise: str) -> Mutant:
    """A table without one of its unique constraints."""
    line = f"        sa.UniqueConstraint({constraint}),\n"
    test = f"tests/storage/test_unique_promises.py::test_the_database_itself_refuses[sqlite-{promise}]"
    return Mutant(f"unique key of {of}", TABLES, line, "", test)


BOT = "tests/bot"
JOURNEY = f"{BOT}/test_refund_journey.py"
UNHAPPY = f"{BOT}/test_unhappy.py"
EDGES = f"{BOT}/test_refund_edge_cases.py"
STATES = f"{BOT}/test_refund_states.py"
LOGIN = "tests/console/test_console_login.py"

MUTANTS: tuple[Mutant, ...] = (
    # ---------------------------------------------------------- nothing is lost
    Mutant(
        "accept waits for the commit",
        "bot/steps/accept.py",
        "        await desk.db.write(lambda tx: keep(tx, desk, raw))\n",
        "        import asyncio\n\n        asyncio.ensure_future(desk.db.write(lambda tx: keep(tx, desk, raw)))\n",
        f"{BOT}/test_accept.py::test_when_accept_returns_another_process_can_see_the_delivery",
    ),
    Mutant(
        "SMTP says 250 after the commit",
        "channels/mail/smtp.py",
        "await self._accept(_raw(self._config, self._limits, session, envelope))",
        "asyncio.ensure_future(self._accept(_raw(self._config, self._limits, session, envelope)))",
        "tests/channels/mail_doors/test_mail_smtp_door.py::test_250_comes_after_the_commit_and_not_before",
    ),
    Mutant(
        "Slack is acknowledged after the commit",
        "channels/slack/intake.py",
        "            await self.accept(raw)\n",
        "            __import__('asyncio').ensure_future(self.accept(raw))\n",
        "tests/channels/slack/test_slack_socket.py::test_a_message_is_acknowledged_only_after_it_is_stored",
    ),
    Mutant(
        "a failed job is started again",
        "storage/jobs.py",
        "        return moment_after(job.attempt)\n",
        "        return None\n",
        "tests/contracts/test_jobs.py::test_a_job_that_fails_or_talks_nonsense_is_tried_again_in_a_moment[sqlite-bad0]",
    ),
    Mutant(
        "a superseded run leaves a job behind",
        "bot/steps/answer.py",
        '        desk.jobs.defer(tx, "answer", ticket_id, lane=ticket_id)\n        return\n',
        "        return\n",
        f"{BOT}/test_conversation.py"
        "::test_a_deletion_while_the_team_thinks_leaves_the_other_question_to_be_answered[sqlite]",
    ),
    Mutant(
        "waiting uses up no tries",
        "bot/worker.py",
        "        if wait.patient:\n",
        "        if False:\n",
        f"{BOT}/test_controls.py::test_nothing_is_given_up_however_long_a_pause_lasts[all]",
    ),
    # ---------------------------------------------------------- nothing is said twice
    _without('"channel", "key", name=op.f("uq_delivery_channel_key")', "Delivery", "a delivery handed in twice"),
    _without(
        '"channel", "external_id", name=op.f("uq_message_channel_external_id")',
        "Message (channel, external_id)",
        "a message through two events",
    ),
    _without('"cause", name=op.f("uq_message_cause")', "Message (cause)", "a reply said twice for one cause"),
    _without(
        '"channel", "thread_key", name=op.f("uq_ticket_channel_thread_key")',
        "Ticket",
        "a conversation with two tickets",
    ),
    Mutant(
        "redelivery check",
        "bot/deliveries.py",
        "    if receipts == 1:\n",
        "    if receipts:\n",
        f"{BOT}/test_accept.py::test_what_was_handed_in_is_kept_byte_for_byte_and_queued_once[sqlite]",
    ),
    Mutant(
        "the same message through two events",
        "bot/tickets/conversation.py",
        "    if known is not None:\n        return _seen_again(",
        "    if known is not None and not known:\n        return _seen_again(",
        f"{BOT}/test_conversation.py::test_the_same_message_through_two_events_is_one_message[sqlite]",
    ),
    Mutant(
        "look before a reply is sent again",
        "bot/steps/deliver.py",
        "await channel.find_sent(reply) if start.tried_before else None",
        "None",
        f"{BOT}/test_delivery.py::test_after_a_doubt_the_channel_is_asked_before_anything_is_sent_again",
    ),
    Mutant(
        "look before a card is shown again",
        "bot/steps/card.py",
        "        external_id = await room.find_card(wanted)\n",
        "        external_id = None\n",
        "tests/crash/test_every_effect.py"
        "::test_after_a_death_behind_any_effect_everything_happens_once[sqlite-staff_room-show_card]",
    ),
    Mutant(
        "Slack is searched for a reply in doubt",
        "channels/slack/send.py",
        "        if all(text in known for text in (first, *rest)):\n",
        "        if False:\n",
        "tests/channels/slack/test_slack_send.py::test_the_reply_is_found_on_any_page",
    ),
    Mutant(
        "the Sent folder is searched for a mail in doubt",
        "channels/mail/send.py",
        " or await self._in_sent_folder(identity):\n",
        ":\n",
        "tests/channels/mail_doors/test_mail_channel_out.py"
        "::test_taken_but_answered_with_later_is_found_and_not_repeated",
    ),
    Mutant(
        "the relay's log is searched for a mail in doubt",
        "channels/mail/send.py",
        "        if await self._relay_took(identity) or await",
        "        if await",
        "tests/channels/mail_doors/test_mail_relay_log.py::test_a_mail_the_relay_took_is_found_and_not_sent_again",
    ),
    Mutant(
        "an answer that was overtaken is not recorded",
        "bot/steps/answer.py",
        "    if _overtaken(tx, ticket_id, heard.messages):\n",
        "    if False:\n",
        f"{BOT}/test_answers.py"
        "::test_what_arrives_while_the_team_thinks_is_answered_together_with_the_rest_once[sqlite]",
    ),
    Mutant(
        "a reply that was overtaken is dropped",
        "bot/steps/deliver.py",
        "    if message.sending is Sending.READY and _overtaken(tx, ticket, message):\n",
        "    if False:\n",
        f"{BOT}/test_delivery.py"
        "::test_a_reply_overtaken_on_its_way_is_dropped_and_answered_together_with_what_overtook_it[sqlite]",
    ),
    Mutant(
        "replies leave in their order",
        "bot/steps/deliver.py",
        "    if earlier := _earlier_unsent(tx, message):\n",
        "    if False and (earlier := _earlier_unsent(tx, message)):\n",
        f"{BOT}/test_delivery.py::test_the_second_reply_waits_for_the_first[sqlite]",
    ),
    Mutant(
        "the end of a reply wakes the next",
        "bot/tickets/conversation.py",
        "    wake_next(tx, desk, message)\n",
        "",
        f"{BOT}/test_delivery.py"
        "::test_a_reply_that_waited_for_an_earlier_one_leaves_as_soon_as_that_one_is_over[sqlite]",
    ),
    Mutant(
        "the bot is silent while a person owns the ticket",
        "bot/steps/answer.py",
        "    return [] if ticket.owner else waiting_messages(tx, ticket_id)\n",
        "    return waiting_messages(tx, ticket_id)\n",
        f"{BOT}/test_answers.py::test_what_a_person_took_over_before_the_bot_began_is_not_thought_about",
    ),
    Mutant(
        "a refund is told after it was made",
        "bot/tickets/outbox.py",
        "Sending.HELD if waits_for else Sending.READY",
        "Sending.READY",
        f"{UNHAPPY}::test_an_automatic_refund_is_told_once_and_only_after_it_was_made[desk_settings0-sqlite]",
    ),
    # ---------------------------------------------------------- nothing is paid twice
    _without('"open_key", name=op.f("uq_action_open_key")', "Action (open_key)", "two open refunds of one charge"),
    _without('"source", name=op.f("uq_decision_source")', "Decision", "a click that counts twice"),
    Mutant(
        "one open action per subject",
        "bot/actions/proposals.py",
        "    if known is not None:\n",
        "    if False:\n",
        f"{UNHAPPY}::test_a_second_wish_for_the_same_charge_joins_the_first",
    ),
    Mutant(
        "only a pending action is won",
        "bot/actions/press.py",
        "            col(Action.state).in_(frm),\n",
        "",
        f"{UNHAPPY}::test_an_action_that_was_decided_behind_our_back_is_not_won[sqlite]",
    ),
    Mutant(
        "a click on what is over decides nothing",
        "bot/actions/verbs.py",
        "    if action.state not in verb.states:\n",
        "    if False:\n",
        f"{UNHAPPY}::test_after_a_no_nobody_can_say_yes_any_more[desk_settings0]",
    ),
    Mutant(
        "a click is about the terms it showed",
        "bot/actions/approvals.py",
        "    if not press.terms_hash or not action.terms_hash.startswith(press.terms_hash):\n",
        "    if False:\n",
        f"{JOURNEY}::test_a_button_with_other_terms_decides_nothing[sqlite]",
    ),
    Mutant(
        "a click after the deadline decides nothing",
        "bot/actions/verbs.py",
        "desk.now() >= action.expires_at",
        "False",
        f"{UNHAPPY}::test_an_approval_nobody_gave_expires_and_the_requester_hears_it[sqlite]",
    ),
    Mutant(
        "the second approval is another person's",
        "bot/actions/verbs.py",
        "    if press.by in given:\n",
        "    if False:\n",
        f"{UNHAPPY}::test_above_the_approval_limit_two_different_people_must_agree[desk_settings0-sqlite]",
    ),
    Mutant(
        "a click is about the facts it showed",
        "bot/actions/verbs.py",
        "    if fresh is not None and (fresh.blocked or fresh.changes):\n",
        "    if False:\n",
        f"{EDGES}::test_a_click_after_the_order_changed_shows_the_difference_and_asks_again",
    ),
    Mutant(
        "other terms are another action",
        "bot/actions/versions.py",
        "    win(tx, desk, old, press, ActionState.SUPERSEDED, frm=frm)\n",
        "",
        f"{EDGES}::test_changing_the_amount_makes_a_new_version_and_voids_the_old_card",
    ),
    Mutant(
        "nobody approves their own request",
        "bot/actions/rights.py",
        "    if is_own_request(tx, action, press.by) and not rules.single_operator:\n",
        "    if False:\n",
        f"{EDGES}::test_the_approver_who_asked_for_it_is_refused",
    ),
    Mutant(
        "nobody approves above their limit",
        "bot/actions/rights.py",
        "    if limit is not None and action.amount_minor > limit:\n",
        "    if False:\n",
        f"{EDGES}::test_an_approver_above_their_limit_is_told_the_limit",
    ),
    Mutant(
        "a worker whose claim is over does nothing",
        "bot/steps/act.py",
        "    if action.state is not ActionState.EXECUTING or action.claimed_at != mine.claimed_at:\n",
        "    if False:\n",
        f"{STATES}::test_a_worker_that_looked_longer_than_its_claim_leaves_the_paying_to_the_next",
    ),
    Mutant(
        "who raised it stays the one who did",
        "bot/actions/versions.py",
        "    new.edited_by = old.edited_by\n",
        "",
        f"{STATES}::test_what_one_raised_and_renewed_still_needs_another",
    ),
    Mutant(
        "the manager limit binds managers",
        "bot/actions/rights.py",
        "    return manager_is_enough(action.verdict) and any(\n",
        "    return any(\n",
        f"{STATES}::test_above_the_manager_limit_even_a_manager_needs_a_second_person",
    ),
    Mutant(
        "store credit counts against what is left",
        "bot/actions/refund.py",
        "        refundable_minor=max(0, facts.refundable_minor - credited),\n",
        "",
        f"{STATES}::test_credit_and_money_together_are_never_more_than_was_paid",
    ),
    Mutant(
        "what the ledger says the team does not say again",
        "bot/actions/proposals.py",
        "without_restated(text, told)",
        "text.strip()",
        f"{EDGES}::test_what_the_reply_says_it_says_once",
    ),
    Mutant(
        "a hold is waited for",
        "bot/steps/act.py",
        "    if action.hold_until is not None and now < action.hold_until:\n",
        "    if False:\n",
        f"{UNHAPPY}::test_nothing_is_carried_out_before_its_hold_is_over_whoever_starts_the_job",
    ),
    Mutant(
        "only approvers decide",
        "bot/staff/clicks.py",
        "    if who not in looked.approvers:\n",
        "    if False:\n",
        f"{JOURNEY}::test_who_may_not_decide_is_told_so_and_moves_nothing"
        "[sqlite-T0NORTHWIND/U0GUEST-True-not in the list of approvers]",
    ),
    Mutant(
        "only our own people decide",
        "bot/staff/clicks.py",
        "    if not home:\n        return FOREIGN\n",
        "",
        f"{JOURNEY}::test_who_may_not_decide_is_told_so_and_moves_nothing[sqlite-T0ACME/U0ALICE-False-own workspace]",
    ),
    Mutant(
        "look before money is moved again",
        "bot/steps/act.py",
        "await kind.look(desk, action) if tried_before else None",
        "None",
        f"{UNHAPPY}::test_a_provider_that_forgot_the_key_is_looked_at_before_it_is_asked_again",
    ),
    Mutant(
        "facts are read again right before money moves",
        "bot/steps/act.py",
        "    return await kind.again(desk, action)\n",
        "    return Fresh()\n",
        f"{EDGES}::test_an_order_that_changed_between_click_and_payment_goes_back_to_the_people",
    ),
    Mutant(
        "two workers are never in one call",
        "bot/steps/act.py",
        "    if action.claimed_at is not None and now < free_at:\n",
        "    if False:\n",
        f"{UNHAPPY}::test_two_workers_are_never_in_the_same_call",
    ),
    Mutant(
        "an old key is for a person",
        "bot/steps/act.py",
        "    _check_key_is_young(desk, kind, action)\n",
        "",
        f"{UNHAPPY}::test_after_the_lifetime_of_its_key_an_order_is_for_a_person",
    ),
    Mutant(
        "a pause stops money",
        "bot/steps/act.py",
        "    if money_paused(tx):\n",
        "    if False:\n",
        f"{BOT}/test_controls.py::test_a_pause_of_money_leaves_answers_alone_and_carries_nothing_out",
    ),
    Mutant(
        "the provider gets our key",
        "bot/backends/stripe.py",
        '{"idempotency_key": order.key, "max_network_retries": 0}',
        '{"max_network_retries": 0}',
        "tests/contracts/test_payments.py::test_the_same_order_twice_pays_once[sandbox]",
    ),
    # ---------------------------------------------------------- a model call is paid once
    _without(
        '"run_id", "request_hash", "n", name=op.f("uq_step_run_id_request_hash_n")',
        "Step",
        "a model call paid twice",
    ),
    _without(
        '"ticket_id", "newest_message_id", name=op.f("uq_run_ticket_id_newest_message_id")',
        "Run",
        "two runs over the same messages",
    ),
    Mutant(
        "a repeated run is the same run",
        "bot/tickets/turns.py",
        "    if run is None:\n",
        "    if run is None or run.state is RunState.RUNNING:\n",
        "tests/crash/test_every_effect.py::test_a_model_call_that_was_paid_is_not_paid_again[sqlite-1]",
    ),
    Mutant(
        "paid responses are replayed",
        "bot/tickets/turns.py",
        "        return _paid(step) if step else None\n",
        "        return None\n",
        "tests/crash/test_every_effect.py::test_a_model_call_that_was_paid_is_not_paid_again[sqlite-1]",
    ),
    Mutant(
        "the team asks its journal first",
        "agents_team/journal.py",
        "        call = await self._journal.kept.replay(key, n)\n",
        "        call = None\n",
        "tests/agents_team/test_team_journal.py::test_a_replayed_run_asks_nobody_and_says_the_same",
    ),
    # ---------------------------------------------------------- one at a time
    Mutant(
        "one running job per lane (SQLite)",
        "storage/jobs_embedded.py",
        "~runs, ~older)",
        "~older)",
        "tests/contracts/test_job_lanes.py::test_an_older_job_that_comes_late_waits_for_the_one_that_runs_and_holds_up_nobody_else[sqlite]",
    ),
    Mutant(
        "one running job per lane (index)",
        TABLES,
        '            ["lane"],\n            unique=True,\n',
        '            ["lane"],\n            unique=False,\n',
        "tests/contracts/test_jobs_embedded.py::test_the_database_itself_refuses_two_running_jobs_in_a_lane",
    ),
    Mutant(
        "one running job per lane (PostgreSQL)",
        "storage/jobs_postgres.py",
        "        :lane, NULL, jsonb_build_object(",
        "        NULL, NULL, jsonb_build_object(",
        "tests/contracts/test_jobs.py::test_one_job_of_a_lane_runs_at_a_time_oldest_first[postgresql]",
    ),
    Mutant(
        "one worker process on SQLite",
        "storage/jobs_embedded.py",
        "            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        "tests/contracts/test_jobs_embedded.py::test_a_second_worker_is_told_who_works_already",
    ),
    # ---------------------------------------------------------- nobody sees what is not theirs
    Mutant(
        "a stranger with a token proves nothing",
        "bot/tickets/conversation.py",
        "int(wrote.author.trust) if person is None or person.id == ticket.requester_id else 0",
        "int(wrote.author.trust)",
        f"{BOT}/test_conversation.py::test_a_stranger_with_a_valid_token_joins_and_proves_nothing_by_it",
    ),
    Mutant(
        "only a proven address is somebody's account",
        "bot/tickets/turns.py",
        "    elif trust >= Trust.ALIGNED_MAIL:\n",
        "    elif trust >= Trust.UNKNOWN:\n",
        f"{BOT}/test_conversation.py::test_an_unproven_address_is_nobodys_account",
    ),
    # ---------------------------------------------------------- nobody gets into the console, or presses from elsewhere
    Mutant(
        "a link to the console works once",
        "bot/console/keys.py",
        "    used = tx.exec(delete(ConsoleKey).where(col(ConsoleKey.digest) == link.digest))\n"
        "    if used.rowcount != 1 or link.expires_at <= desk.now():\n",
        "    if link.expires_at <= desk.now():\n",
        f"{LOGIN}::test_a_link_works_once",
    ),
    Mutant(
        "a form of the console carries its token",
        "bot/console/page.py",
        '    if not keys.same(form.pop(TOKEN, ""), token):\n',
        '    if form.pop(TOKEN, "") is None:\n',
        f"{LOGIN}::test_the_token_of_another_session_does_nothing",
    ),
    Mutant(
        "other sites send no form to the console",
        "bot/console/page.py",
        "    if is_from_elsewhere(desk.settings, request.headers):\n",
        "    if False:\n",
        f"{LOGIN}::test_a_form_another_site_sends_does_nothing_even_with_the_right_token[headers0]",
    ),
    Mutant(
        "whoever is no approver any more is out of the console",
        "bot/console/page.py",
        "    if session is None or not await people.may_look(session.who):\n",
        "    if session is None:\n",
        f"{LOGIN}::test_the_session_of_a_removed_approver_shows_nothing_any_more",
    ),
    Mutant(
        "an answer of Slack is for the browser that asked",
        "bot/console/sign_in.py",
        "    if slack is None or visit is None or wanted is None:\n",
        '    visit, wanted = visit or "x", wanted or "/console"\n    if slack is None:\n',
        "tests/console/test_console_slack_sign_in.py::test_an_answer_meant_for_another_browser_signs_nobody_in",
    ),
    Mutant(
        "card numbers are masked before they are stored",
        "bot/tickets/conversation.py",
        "visible, full = mask_pii(wrote.text), mask_pii(wrote.full_text)",
        "visible, full = mask_pii(''), mask_pii('')\n"
        "    object.__setattr__(visible, 'text', wrote.text)\n    object.__setattr__(full, 'text', wrote.full_text)",
        f"{BOT}/test_conversation.py::test_numbers_nobody_may_keep_are_masked_before_anything_is_stored_or_thought",
    ),
    Mutant(
        "a passage below the floor is no evidence",
        "agents_team/knowledge/library.py",
        "return [hit for hit in hits if self._is_evidence(hit)][:limit]",
        "return hits[:limit]",
        "tests/agents_team/test_knowledge.py::test_what_nobody_wrote_down_is_not_found[which shipping firm sank]",
    ),
    Mutant(
        "a day that no source names is not sent",
        "agents_team/guardrails/grounding.py",
        "wrong += [words for day, words in days_in(sentence).items() if day not in allowed]",
        "wrong += [words for day, words in days_in(sentence).items() if not day]",
        "tests/agents_team/test_grounding.py::test_what_no_source_says_is_named[It should be there on May 6.-May 6]",
    ),
    Mutant(
        "an article without an answer is not approved",
        "bot/knowledge/drafts.py",
        "if BLANK in proposal.text or not body_of(proposal.text):",
        "if False:",
        "tests/bot/test_knowledge_learning.py"
        "::test_a_question_without_an_answer_is_proposed_written_approved_and_quoted",
    ),
    # ---------------------------------------------------------- other programs' tools
    Mutant(
        "an MCP call whose answer was lost is not made again",
        "bot/actions/mcp_call.py",
        "    raise NeedsAPerson(\n",
        "    return None\n    raise NeedsAPerson(\n",
        f"{BOT}/test_mcp_action.py::test_an_answer_that_was_lost_is_never_asked_for_again_without_a_person",
    ),
    Mutant(
        "only the MCP tools an operator named exist",
        "agents_team/mcp/connection.py",
        "{name: tools[name] for name in self.config.allowed if name in tools}",
        "dict(tools)",
        "tests/agents_team/test_mcp_tools.py::test_only_named_tools_exist_and_only_for_the_named_specialist",
    ),
    Mutant(
        "nobody asks more than an hour allows",
        "bot/steps/answer.py",
        "    if wait is not None:\n",
        "    if False:\n",
        f"{BOT}/test_rate_limits.py"
        "::test_the_third_question_within_the_hour_waits_and_both_sides_are_told_once[desk_settings0]",
    ),
)


def misfits(mutants: Sequence[Mutant], root: Path = ROOT) -> list[str]:
    """What in the table no longer fits the source: texts that are not there exactly once, tests that are gone."""
    wrong = []
    for mutant in mutants:
        found = (root / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if found != 1:
            wrong.append(f"{mutant.name}: its text is {found} times in {mutant.file}")
        file, _, test = mutant.test.partition("::")
        if f"def {test.partition('[')[0]}(" not in (root / file).read_text(encoding="utf-8"):
            wrong.append(f"{mutant.name}: there is no test {mutant.test}")
    return wrong


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one mutant. `verdict` is "killed", "SURVIVED" or "NO ANSWER" with the end of pytest's output."""

    mutant: Mutant
    verdict: str
    seconds: float
    output: str = ""


def run_tests(tree: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """These tests in this tree, each stopped after two minutes; nothing they started is left behind."""
    command = [sys.executable, "-m", "pytest", "-x", "--timeout=120", "--tb=line", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    pytest = subprocess.Popen(
        command,
        cwd=tree,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        output, errors = pytest.communicate()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pytest.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, pytest.returncode, output, errors)


def attempt(tree: Path, mutant: Mutant) -> Tried:
    """Take the guard away, run its test, put the guard back."""
    file, started = tree / mutant.file, time.monotonic()
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        done = run_tests(tree, [mutant.test])
    finally:
        file.write_text(whole, encoding="utf-8")
    verdict = {PASSED: "SURVIVED", FAILED: "killed"}.get(done.returncode, "NO ANSWER")
    if "skipped" in done.stdout and "failed" not in done.stdout:
        verdict = "NO ANSWER"
    return Tried(mutant, verdict, time.monotonic() - started, "" if verdict == "killed" else done.stdout[-2000:])


@contextmanager
def copies(number: int) -> Iterator[SimpleQueue[Path]]:
    """So many copies of the tree, to be taken and given back."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-mutants-") as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for name in map(str, range(number)):
            tree = Path(folder) / name
            tree.mkdir()
            for part in COPIED:
                source = ROOT / part
                if source.is_dir():
                    shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, tree / part)
            free.put(tree)
        yield free


def try_all(mutants: Sequence[Mutant], free: "SimpleQueue[Path]", jobs: int) -> Iterator[Tried]:
    """Each in a copy of its own for the while, in the order of the table."""

    def one(mutant: Mutant) -> Tried:
        tree = free.get()
        try:
            return attempt(tree, mutant)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(one, mutants)


def healthy(free: "SimpleQueue[Path]", mutants: Sequence[Mutant]) -> bool:
    """Whether every test passes while all guards are there; otherwise a failure without one says nothing."""
    tree = free.get()
    done = run_tests(tree, sorted({mutant.test for mutant in mutants}))
    free.put(tree)
    if done.returncode != PASSED:
        say(f"With all guards in place the tests do not pass:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.returncode == PASSED


@contextmanager
def postgres() -> Iterator[bool]:
    """One PostgreSQL server for all the tests; False when there is none to be had."""
    with ExitStack() as stack:
        try:
            os.environ["HELPDESK_TEST_POSTGRES"] = stack.enter_context(running_server()).url
        except NoPostgres as error:
            say(f"NOT RUN, what needs PostgreSQL: {error}")
            yield False
            return
        yield True


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutants with these words in their names")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    chosen = parser.parse_args()
    mutants = [mutant for mutant in MUTANTS if all(word in mutant.name for word in chosen.words)]
    if wrong := misfits(mutants):
        say("\n".join(["The table does not fit the source:", *wrong]))
        return 1
    with postgres() as there_is_postgres, copies(chosen.jobs) as free:
        mutants = [mutant for mutant in mutants if there_is_postgres or "[postgresql" not in mutant.test]
        if not healthy(free, mutants):
            return 1
        say("| guard that is removed | verdict | seconds | test |\n|---|---|---|---|")
        bad = [tried for tried in try_all(mutants, free, chosen.jobs) if not _told(tried)]
    for tried in bad:
        say(f"\n{tried.mutant.name}: {tried.verdict}\n{tried.output}")
    say(f"\n{len(mutants) - len(bad)} of {len(mutants)} mutants were killed.")
    return 1 if bad else 0


def _told(tried: Tried) -> bool:
    """Print the row; whether all is well with it."""
    test = tried.mutant.test.removeprefix("tests/")
    say(f"| {tried.mutant.name} | {tried.verdict} | {tried.seconds:.0f} | `{test}` |")
    return tried.verdict == "killed"


if __name__ == "__main__":
    sys.exit(main())
