"""What the operator sees: alarms, figures, logs, traces and the doctor."""

from typing import Literal

from pydantic import Field

from bot.settings.section import Names, Section


class AlarmSettings(Section):
    """When the desk asks its operator for help: in the staff channel, and by mail as the second path."""

    mail_to: Names = Field((), description="operators who get each alarm by mail as well; needs mail.smtp_out")
    outbox_minutes: float = Field(5.0, gt=0, description="a reply may wait this long to leave")
    jobs_minutes: float = Field(10.0, gt=0, description="work that is due may wait this long to start")
    approvals_minutes: float = Field(240.0, gt=0, description="an approval may wait this long for a person")
    disk_free_megabytes: int = Field(512, ge=0, description="less free space beside the database is an alarm")
    model_micros_per_day: int | None = Field(None, ge=1, description="model budget a day; alarms at 80 % and at 100 %")
    token_days: float = Field(7.0, ge=0, description="an alarm so many days before a token or app secret ends")
    mail_gap_factor: float = Field(3.0, ge=0, description="no mail for so many times the usual longest gap; 0: never")


class NumbersSettings(Section):
    """What the figures need to know; money in millionths of a dollar."""

    digest_hour: int | None = Field(7, ge=0, le=23, description="UTC hour of the daily digest to staff; None: none")
    staff_hour_micros: int = Field(0, ge=0, description="what an hour of staff costs, for cost per resolved ticket")
    staff_minutes_per_ticket: int = Field(8, ge=0, description="time a person spends on a ticket they answer")
    infrastructure_micros_per_day: int = Field(0, ge=0, description="servers and mail, shared by the day's tickets")


class LogSettings(Section):
    """What is written to standard error, one JSON object a line."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least important line kept")


class TelemetrySettings(Section):
    """Traces for an OpenTelemetry collector of yours; nothing is sent anywhere unless it is set."""

    otlp_endpoint: str | None = Field(None, description="http://collector:4318/v1/traces; None: off")


class DoctorSettings(Section):
    """What `helpdesk doctor` needs to know beyond the rest."""

    dns_server: str | None = Field(None, description="address or address:port asked for SPF, DKIM and DMARC")
    dkim_selectors: Names = Field((), description="selectors of your DKIM keys; without one DKIM is not checked")
    seconds: float = Field(15.0, gt=0, description="longest time one check may take")
