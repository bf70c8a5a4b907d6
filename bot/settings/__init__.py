"""Every option: its type, its default, and in one line why it exists. Frozen; a typo is an error. One file per part."""

from pydantic import Field

from bot.settings.backends import KnowledgeSettings, PaymentsSettings, ShopSettings
from bot.settings.desk import DatabaseSettings, DeskSettings, ReplySettings, TargetSettings
from bot.settings.mail import ImapSettings, MailSettings, OAuthSettings, SmtpOutSettings
from bot.settings.operate import AlarmSettings, DoctorSettings, LogSettings, NumbersSettings, TelemetrySettings
from bot.settings.policy import PolicySettings, RefundPolicySettings
from bot.settings.retention import BackupSettings, RetentionSettings
from bot.settings.section import Section
from bot.settings.slack import SlackChannelSettings, SlackSettings
from bot.settings.team import FallbackModelSettings, McpSettings, ModelSettings, PriceSettings, TeamSettings
from bot.settings.web import THIS_MACHINE, AgentSettings, ConsoleSettings, HttpSettings

__all__ = [
    "THIS_MACHINE",
    "AgentSettings",
    "AlarmSettings",
    "BackupSettings",
    "ConsoleSettings",
    "DatabaseSettings",
    "DeskSettings",
    "DoctorSettings",
    "FallbackModelSettings",
    "HttpSettings",
    "ImapSettings",
    "KnowledgeSettings",
    "LogSettings",
    "MailSettings",
    "McpSettings",
    "ModelSettings",
    "NumbersSettings",
    "OAuthSettings",
    "PaymentsSettings",
    "PolicySettings",
    "PriceSettings",
    "RefundPolicySettings",
    "ReplySettings",
    "RetentionSettings",
    "Section",
    "Settings",
    "ShopSettings",
    "SlackChannelSettings",
    "SlackSettings",
    "SmtpOutSettings",
    "TargetSettings",
    "TeamSettings",
    "TelemetrySettings",
]


class Settings(Section):
    """All of it."""

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    desk: DeskSettings = Field(default_factory=DeskSettings)
    slack: SlackSettings = Field(default_factory=SlackSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    payments: PaymentsSettings = Field(default_factory=PaymentsSettings)
    shop: ShopSettings = Field(default_factory=ShopSettings)
    knowledge: KnowledgeSettings = Field(default_factory=KnowledgeSettings)
    policy: PolicySettings = Field(default_factory=PolicySettings)
    targets: TargetSettings = Field(default_factory=TargetSettings)
    replies: ReplySettings = Field(default_factory=ReplySettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
    team: TeamSettings = Field(default_factory=TeamSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)
    numbers: NumbersSettings = Field(default_factory=NumbersSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    backup: BackupSettings = Field(default_factory=BackupSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    telemetry: TelemetrySettings = Field(default_factory=TelemetrySettings)
    doctor: DoctorSettings = Field(default_factory=DoctorSettings)
