"""E-mail by SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the first byte (RFC 8314).

An answer of 5xx to an address or a message is for ever, 4xx and silence are for now (RFC 5321, section 4.2.1). That the
server does not let us in (a wrong password, no STARTTLS) is no fault of the e-mail: it waits until somebody mends that.
"""

import contextlib
import datetime as dt
import email.policy
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.settings import MailSettings
from tillfree.core.time import NS_PER_S

__all__ = ["Attachment", "Mail", "MailRefused", "MailSender", "MailUnavailable", "is_address"]

_PERMANENT = 500
_ADDRESS_MAX = 254
# Less than RFC 5321 allows (no quoted names, no addresses of machines), and all that people have.
_OUTSIDE = r"\s@<>()\[\]\\,;:\"/\x00-\x20\x7f"
_ADDRESS = re.compile(rf"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{{1,64}}@(?:[^.{_OUTSIDE}]+\.)+[^.{_OUTSIDE}]{{2,}}")


class MailRefused(ConnectorError):  # noqa: N818  what it is
    """The other side will never take this e-mail: the address is not there, or the message is not wanted."""


class MailUnavailable(ConnectorError):  # noqa: N818
    """This e-mail cannot be sent now; it may be sent later."""


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes along."""

    name: str
    media_type: str
    data: bytes


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail. `id` is its own for ever: who gets it twice can tell."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    time_ns: int
    attachments: tuple[Attachment, ...] = ()


def is_address(text: str) -> bool:
    """Whether that can be the address of somebody; a line break or a second address is none."""
    if not text.isprintable() or len(text) > _ADDRESS_MAX or _ADDRESS.fullmatch(text) is None:
        return False
    name, _, _ = text.partition("@")
    return not name.startswith(".") and not name.endswith(".") and ".." not in name


class MailSender:
    """Sends one e-mail at a time, over a connection of its own."""

    def __init__(
        self, settings: MailSettings, environment: Mapping[str, str], *, context: ssl.SSLContext | None = None
    ) -> None:
        """`environment` has the password under the name that the settings say; `context` says whom TLS trusts.

        Raises:
            ConnectorError: the settings do not fit together, or there is no such password.
        """
        if not settings.host:
            raise ConnectorError("mail.host is empty, so no e-mail can be sent; name the mail server")
        if not is_address(settings.from_address):
            raise ConnectorError(f"mail.from_address = {settings.from_address!r} is no address; give that of the shop")
        if settings.user and settings.security == "none":
            raise ConnectorError('mail.security = "none" would show the password to everybody; use "starttls" or "tls"')
        self._password = environment.get(settings.password_env, "") if settings.user else ""
        if settings.user and not self._password:
            raise ConnectorError(
                f"mail.user is set, but the environment has no {settings.password_env!r}; set it, or name another one "
                "in mail.password_env"
            )
        self._settings = settings
        self._context = context or ssl.create_default_context()
        self._domain = settings.from_address.rpartition("@")[2]

    def send(self, mail: Mail) -> None:
        """Hands an e-mail over to the server.

        Raises:
            MailRefused: it will never be taken.
            MailUnavailable: it was not taken now; whether the server has it is not known where the line went dead.
        """
        if not is_address(mail.to):
            raise MailRefused(f"{mail.id}: this is no address to send to")
        message = self._message(mail)
        with self._translated(mail), self._connected() as server:
            server.send_message(message, self._settings.from_address, [mail.to])

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=email.policy.SMTP)
        settings = self._settings
        name, _, domain = settings.from_address.rpartition("@")
        try:
            message["From"] = Address(settings.from_name, name, domain)
            message["To"] = mail.to
            message["Subject"] = mail.subject
            message["Date"] = format_datetime(dt.datetime.fromtimestamp(mail.time_ns // NS_PER_S, dt.UTC))
            message["Message-ID"] = f"<{mail.id}@{self._domain}>"
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(mail.text)
            message.add_alternative(mail.html, subtype="html")
            for attachment in mail.attachments:
                main, _, sub = attachment.media_type.partition("/")
                message.add_attachment(attachment.data, maintype=main, subtype=sub, filename=attachment.name)
            # Last, for a message that gets a second part hands on what it says of its content to the first.
            message["Content-Language"] = mail.language
        except (ValueError, IndexError) as error:
            raise MailRefused(f"{mail.id}: a header of it cannot be written ({error})") from error
        return message

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        make: Callable[..., smtplib.SMTP] = smtplib.SMTP_SSL if settings.security == "tls" else smtplib.SMTP
        more = {"context": self._context} if settings.security == "tls" else {}
        with make(
            settings.host, settings.port, local_hostname=self._domain, timeout=settings.timeout_s, **more
        ) as server:
            if settings.security == "starttls":
                server.starttls(context=self._context)
            if settings.user:
                server.login(settings.user, self._password)
            yield server

    @contextlib.contextmanager
    def _translated(self, mail: Mail) -> Iterator[None]:
        """Errors of the library in our words. None of them holds the address: they are kept longer than it is."""
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()), (_PERMANENT, b""))
            raise _by_code(mail, where, "the address", code, said) from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailUnavailable(
                f"{where} refuses the name or password ({error.smtp_code}); check mail.user and mail.password_env"
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            if self._settings.security == "starttls" and "STARTTLS" in str(error):
                raise MailUnavailable(f'{where} offers no STARTTLS; set mail.security to "tls", or mend it') from error
            if "SMTPUTF8" in str(error):
                raise MailRefused(f"{mail.id}: {where} takes no address with such letters") from error
            raise MailUnavailable(f"{where} does not let us sign in ({error}); check mail.user") from error
        except smtplib.SMTPResponseException as error:
            part = "the sender" if isinstance(error, smtplib.SMTPSenderRefused) else "the e-mail"
            raise _by_code(mail, where, part, error.smtp_code, error.smtp_error) from error
        except ssl.SSLError as error:
            raise MailUnavailable(
                f"{where}: no safe connection ({error.reason or error}); check mail.security and the certificate"
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"{where} cannot be reached ({error}); check mail.host and mail.port") from error


def _names_in(address: str) -> tuple[str, ...]:
    name = address.partition("@")[0].lower()
    return (name, f"<{name}>", f"<{name}>:", f"{name}:")


def _by_code(mail: Mail, where: str, part: str, code: int, said: bytes | str) -> ConnectorError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    # Servers write an address in small letters, in brackets, or write that of another mailbox behind it.
    shown = " ".join("…" if "@" in word or word.lower() in _names_in(mail.to) else word for word in text.split())[:200]
    kind = MailRefused if code >= _PERMANENT else MailUnavailable
    return kind(f"{mail.id}: {where} does not take {part}: {code} {shown}")
