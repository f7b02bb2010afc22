"""Hands a mail to a server."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

TIMEOUT_SECONDS = 30.0


class UnsentError(Exception):
    """Why a mail was not taken; names no secret."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is taken. tls is starttls, implicit or none; the password is read for each mail."""

    host: str
    port: int
    tls: str = "starttls"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None

    def send(self, message: EmailMessage) -> tuple[str, ...]:
        """Send to all recipients that the message names; those that the server refused, if it took the others."""
        try:
            with self._connected() as smtp:
                if self.username is not None and self.password_file is not None:
                    smtp.login(self.username, self.password_file.read_text(encoding="utf-8").strip())
                return tuple(smtp.send_message(message))
        except smtplib.SMTPRecipientsRefused as error:
            raise UnsentError(f"{self._where}: must take a recipient, got all refused: {_codes(error)}") from None
        except smtplib.SMTPResponseException as error:
            raise UnsentError(f"{self._where}: must take the mail, got {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise UnsentError(f"{self._where}: {type(error).__name__}: {error}") from None

    @property
    def _where(self) -> str:
        return f"smtp {self.host}:{self.port}"

    def _connected(self) -> smtplib.SMTP:
        if self.tls == "implicit":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=self._trusted())
        smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        if self.tls == "starttls":
            try:
                smtp.starttls(context=self._trusted())
            except BaseException:
                smtp.close()
                raise
        return smtp

    def _trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=None if self.ca_file is None else str(self.ca_file))


def _codes(error: smtplib.SMTPRecipientsRefused) -> str:
    return ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
