"""Rules as data: who may decide about money and wishes, and when people are there."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, field_validator

from bot.policy.hours import OpenHours, days_of
from bot.settings.section import Section

Limit = TypeVar("Limit")


def _by_currency(limits: Mapping[str, Limit]) -> Mapping[str, Limit]:
    for name in limits:
        if not (len(name) == 3 and name.isascii() and name.isalpha()):
            raise ValueError(f"{name!r} is no currency such as EUR")
    return {name.upper(): limit for name, limit in limits.items()}


def _not_negative(limits: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    for name, limit in limits.items():
        if limit < 0:
            raise ValueError(f"{limit} {name} is below zero")
    return limits


class RoleSettings(Section):
    """What one approver, or each member of one user group, may decide."""

    limit: Decimal = Field(ge=0, description="the largest amount they may approve, in whole units of any currency")
    limits: Annotated[Mapping[str, Decimal], AfterValidator(_by_currency), AfterValidator(_not_negative)] = Field(
        default_factory=dict, description="by currency (USD, JPY), over the one above, which counts in every other"
    )
    alone: bool = Field(False, description="a manager: one of them is enough where others are two")

    def limit_in(self, currency: str) -> Decimal:
        """The largest amount of this currency they may approve, in whole units of it."""
        return self.limits.get(currency, self.limit)


class CurrencyLimitSettings(Section):
    """Limits of one currency, in whole units of it."""

    automatic: Decimal | None = Field(None, ge=0, description="up to it nobody is asked; 0: never automatic")
    approval: Decimal | None = Field(None, ge=0, description="above it two people or a manager decide")
    manager: Decimal | None = Field(None, ge=0, description="above it two people decide, whoever they are")


class RefundPolicySettings(Section):
    """What code says about refunds, and how approvals run; amounts are decimal text in whole units, as "100.00"."""

    preset: Literal["strict", "standard"] = Field("strict", description="strict: nothing without a person")
    window_days: int | None = Field(None, ge=0, description="overrides the preset")
    automatic_limit: Decimal | None = Field(None, ge=0, description="overrides the preset; 0: never automatic")
    approval_limit: Decimal | None = Field(
        None, ge=0, description="overrides the preset; above it two people or a manager"
    )
    manager_limit: Decimal | None = Field(None, ge=0, description="above it two people, never one manager alone")
    limits: Annotated[Mapping[str, CurrencyLimitSettings], AfterValidator(_by_currency)] = Field(
        default_factory=dict, description="by currency (USD, JPY), over the three above, which count in every one"
    )
    many_refunds: int = Field(3, ge=0, description="so many in 90 days are a sign of abuse: a person looks; 0: never")
    large_share: float = Field(0.5, gt=0, le=1, description="so is a larger share of what they spent, from two on")
    young_account_days: int = Field(0, ge=0, description="and an account that is younger than this")
    expires_hours: float = Field(24.0, gt=0, description="open hours after which an approval nobody gave ends")
    remind_hours: float = Field(4.0, ge=0, description="hours before that when staff are reminded; 0: never")
    hold_seconds: float = Field(0.0, ge=0, description="wait between approval and payment, in which Undo works")
    confirm_above: Decimal = Field(Decimal(0), ge=0, description="from this amount on Approve asks once more")
    roles: Mapping[str, RoleSettings] = Field(
        default_factory=dict, description="limits by user (U…) or user group (S…); empty: approvers have no limit"
    )
    budget_days: int = Field(30, ge=1, description="the days that count for the budgets of a customer and a company")
    customer_budget: Decimal | None = Field(None, ge=0, description="automatic refunds of one customer end here")
    company_budget: Decimal | None = Field(None, ge=0, description="the same for everybody of one company")
    day_budget: Decimal | None = Field(None, ge=0, description="the same for everybody on one day (UTC)")
    approver_budget: Decimal | None = Field(None, ge=0, description="one approver may approve no more on one day")
    automatic_per_customer: int = Field(3, ge=0, description="automatic refunds of one customer in budget_days")
    automatic_per_hour: int = Field(20, ge=1, description="more automatic refunds an hour switch all of them off")
    single_operator: bool = Field(False, description="one person alone: types the amount, and it waits")
    single_operator_delay_seconds: float = Field(600.0, ge=0, description="how long it waits then")


class HoursSettings(Section):
    """When people are there; deadlines for people count these hours only."""

    days: str = Field("mon-sun", description='such as "mon-fri"')
    opens: time = Field(time.min, description='such as "09:00"')
    closes: time = Field(time.max, description='such as "17:30"')
    timezone: str = Field("UTC", description="an IANA name such as Europe/Berlin")
    holidays: tuple[date, ...] = Field((), description="days like 2027-01-01 on which nobody is there")

    @field_validator("days")
    @classmethod
    def _known_days(cls, text: str) -> str:
        days_of(text)
        return text

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no time zone")
        return name

    @property
    def calendar(self) -> OpenHours:
        days = days_of(self.days)
        return OpenHours(days, self.opens, self.closes, ZoneInfo(self.timezone), frozenset(self.holidays))


Who = Literal["person", "automatic", "off"]


class ShopActionSettings(Section):
    """Who decides about what the shop can do; off: such a wish always goes to a person as an escalation."""

    reship: Who = Field("person", description="sending an order again")
    cancel_order: Who = Field("person", description="cancelling an order that has not left")
    change_plan: Who = Field("person", description="moving a subscription to another plan")
    reset_password: Who = Field("person", description="a reset link, only ever to the address on file")


class PolicySettings(Section):
    """Rules as data."""

    refund: RefundPolicySettings = Field(default_factory=RefundPolicySettings)
    hours: HoursSettings = Field(default_factory=HoursSettings)
    shop: ShopActionSettings = Field(default_factory=ShopActionSettings)
