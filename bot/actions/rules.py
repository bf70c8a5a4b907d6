"""The rules for refunds as the settings of this desk make them."""

from bot.policy.refund_rules import LimitWish, RefundRules, refund_rules
from bot.policy.signs import SignRules
from bot.settings import RefundPolicySettings


def rules_of(chosen: RefundPolicySettings) -> RefundRules:
    """The preset with the operator's numbers over it."""
    return refund_rules(
        chosen.preset,
        window_days=chosen.window_days,
        every=LimitWish(chosen.automatic_limit, chosen.approval_limit, chosen.manager_limit),
        currencies={
            currency: LimitWish(limit.automatic, limit.approval, limit.manager)
            for currency, limit in chosen.limits.items()
        },
        signs=SignRules(chosen.many_refunds, chosen.large_share, chosen.young_account_days),
    )
