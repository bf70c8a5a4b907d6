"""COLUMNS says for every column of every table what becomes of it when a person is erased; a test sees that none is
forgotten.
"""

from collections.abc import Mapping
from enum import Enum


class Care(Enum):
    """KEEP: nothing personal, or the money ledger. BLANK: emptied. PSEUDONYM: the one name that stays.
    UNIQUE: the pseudonym and the row's own id, where a value must be unlike all others.
    """

    KEEP = "keep"
    BLANK = "blank"
    PSEUDONYM = "pseudonym"
    UNIQUE = "unique"


K, B, P, U = Care.KEEP, Care.BLANK, Care.PSEUDONYM, Care.UNIQUE


def _keep(names: str) -> dict[str, Care]:
    return dict.fromkeys(names.split(), K)


COLUMNS: Mapping[str, Mapping[str, Care]] = {
    "person": {**_keep("id company_id created_at"), "name": P},
    "identity": {**_keep("id person_id channel"), "external_id": U},
    "ticket": {
        **_keep(
            "id channel requester_id status lane owner created_at updated_at first_answer_at priority snoozed_until "
            "merged_into answer_due_at solve_due_at solved_at follows"
        ),
        "thread_key": U,
        "customer_id": P,
        "subject": B,
        "reply_to": B,
        "tags": B,
    },
    "message": {
        **_keep(
            "id ticket_id direction channel cause role person_id trust kind sent_at created_at answered_by deleted_at "
            "run_id waits_for delivery_id sending first_tried_at tries possible_duplicate"
        ),
        "external_id": U,
        "author_name": P,
        "text": B,
        "full_text": B,
        "facts": B,
    },
    "attachment": {
        **_keep("id message_id content_type size inline stored"),
        "filename": U,
        "sha256": B,
        "source": B,
        "note": B,
    },
    "delivery": {
        # The key recognises the same delivery when a mailbox is read again; it is a number or a hash.
        **_keep("id channel key lane received_at receipts outcome subject_id done_at"),
        "body": B,
        "envelope": B,
        "outcome_note": B,
    },
    "run": {
        **_keep(
            "id ticket_id newest_message_id state specialist route handled_by requests input_tokens cached_tokens "
            "output_tokens cost_micros started_at ended_at"
        ),
        "note": B,
    },
    "step": {
        **_keep(
            "id run_id kind agent name request_hash n input_tokens cached_tokens output_tokens cost_micros seconds at"
        ),
        "data": B,
    },
    "action": {
        # The ledger: what was paid, when, to which charge, who agreed. Terms are hashed and stay as they are.
        **_keep(
            "id ticket_id run_id kind version open_key terms terms_hash verdict amount_minor currency approvals_needed "
            "state decided_by result created_at expires_at claimed_at first_tried_at ended_at previous_id trust "
            "tainted edited_by decided_at hold_until reminded_at"
        ),
        "customer_id": P,
        "facts": B,
        "reason": B,
        "note": B,
        "wish": B,
        "changes": B,
    },
    "decision": {
        **_keep("id action_id source verb by by_name won answer terms_hash at told_at version"),
        "reason": B,
        "answer_to": B,
        "inputs": B,
    },
    "escalation": {**_keep("id ticket_id cause priority state created_at"), "reason": B, "summary": B},
    "rating": {**_keep("ticket_id good at"), "by": P},
    "mailname": {**_keep("id message_id own"), "name": U},
    "onetimecode": {
        **_keep("id ticket_id person_id run_id wrong_tries created_at expires_at used_at"),
        "address": P,
        "digest": B,
    },
    "knowledgeproposal": {**_keep("id source ticket_id by state at"), "text": B},
    "event": {**_keep("id at kind subject_id"), "actor": P, "data": B},
}
"""Tables whose rows belong to somebody. `memoryitem` rows and `blob` rows nobody else uses are deleted."""

NOBODYS = frozenset(
    {
        *("company", "card", "control", "cursor", "tick", "note", "seal", "lease", "embedded_job", "place"),
        *("cannedreply", "consolekey", "knowledgedocument", "knowledgepassage", "knowledgevector"),
    }
)
"""Tables whose rows are about nobody; names that strayed into them are found by the last look at everything."""

DELETED = frozenset({"memoryitem", "blob"})
