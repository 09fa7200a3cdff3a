"""E-mail to a real SMTP server on this machine (aiosmtpd): TLS, sign-in, refusals, silence."""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.mail_server import Inbox, mail_server
from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.mail import Attachment, Mail, MailRefused, MailSender, MailUnavailable, is_address
from tillfree.connectors.settings import MailSettings

MAIL = Mail(
    id="receipt-1.trip-7",
    to="shopper@example.org",
    subject="Ihr Kassenbon von Eckladen – ☂",
    text="Grüße,\nder Laden\n",
    html="<!DOCTYPE html><html lang='de'><body><p>Grüße</p></body></html>",
    language="de",
    time_ns=1_795_000_000_000_000_000,
    attachments=(Attachment("bon.pdf", "application/pdf", b"%PDF-1.4 \x00\xff"),),
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of the server, and what a client that trusts it has."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_file = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, key_file)
    return server, ssl.create_default_context(cafile=str(pem))


def _settings(port: int, **more: Any) -> MailSettings:
    plain = MailSettings(
        host="127.0.0.1", port=port, security="none", from_address="shop@tillfree.example", from_name="Eckladen ☂",
        timeout_s=5.0,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **more)


def test_what_is_sent_is_what_arrives() -> None:
    inbox = Inbox()
    with mail_server(inbox) as port:
        MailSender(_settings(port), {}).send(MAIL)
    ((message, envelope),) = inbox.messages
    assert envelope.rcpt_tos == ["shopper@example.org"]
    assert envelope.mail_from == "shop@tillfree.example"
    assert message["Subject"] == MAIL.subject
    assert message["From"] == '"Eckladen ☂" <shop@tillfree.example>' or "Eckladen ☂" in message["From"]
    assert message["Message-ID"] == "<receipt-1.trip-7@tillfree.example>"
    assert message["Content-Language"] == "de"
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content().strip() == MAIL.html
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "bon.pdf"
    assert attached.get_payload(decode=True) == MAIL.attachments[0].data


def test_starttls_and_a_password(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_side, client_side = certificate
    inbox, seen = Inbox(), []

    def authenticator(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    options: dict[str, Any] = {
        "tls_context": server_side, "require_starttls": True, "auth_required": True, "authenticator": authenticator,
    }  # fmt: skip
    with mail_server(inbox, **options) as port:
        settings = _settings(port, host="localhost", security="starttls", user="shop", password_env="SECRET")
        MailSender(settings, {"SECRET": "right"}, context=client_side).send(MAIL)
        assert len(inbox.messages) == 1
        wrong = MailSender(settings, {"SECRET": "wrong"}, context=client_side)
        with pytest.raises(MailUnavailable, match=r"refuses the name or password \(535\)"):
            wrong.send(MAIL)
        stranger = MailSender(settings, {"SECRET": "right"})
        with pytest.raises(MailUnavailable, match="no safe connection"):
            stranger.send(MAIL)
    # A client tries each way to sign in that the server offers.
    assert set(seen) == {(b"shop", b"right"), (b"shop", b"wrong")}
    assert seen.count((b"shop", b"right")) == 1, "no password may go to a server that is not known"
    assert len(inbox.messages) == 1


def test_tls_from_the_first_byte(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_side, client_side = certificate
    inbox = Inbox()
    with mail_server(inbox, ssl_context=server_side, server_hostname="localhost") as port:
        MailSender(_settings(port, host="localhost", security="tls"), {}, context=client_side).send(MAIL)
    assert len(inbox.messages) == 1


def test_a_server_without_starttls_gets_nothing() -> None:
    inbox = Inbox()
    with mail_server(inbox) as port, pytest.raises(MailUnavailable, match="offers no STARTTLS"):
        MailSender(_settings(port, security="starttls"), {}).send(MAIL)
    assert inbox.messages == []


def _rcpt(inbox: Inbox, answer: str) -> None:
    inbox.rcpt_answers.append(answer)


def _data(inbox: Inbox, answer: str) -> None:
    inbox.data_answers.append(answer)


@pytest.mark.parametrize("where", [_rcpt, _data])
def test_5xx_is_for_ever_and_4xx_for_now(where: Callable[[Inbox, str], None]) -> None:
    inbox = Inbox()
    with mail_server(inbox) as port:
        sender = MailSender(_settings(port), {})
        where(inbox, "550 5.1.1 nobody of that name: shopper@example.org")
        with pytest.raises(MailRefused, match="550") as refused:
            sender.send(MAIL)
        assert "shopper@example.org" not in str(refused.value), "the address is erased, so no message may keep it"
        where(inbox, "451 4.3.0 try later")
        with pytest.raises(MailUnavailable, match="451"):
            sender.send(MAIL)
        sender.send(MAIL)
    assert len(inbox.messages) == 1


def test_a_server_that_is_not_there_or_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        silent = MailSender(_settings(port, timeout_s=0.2), {})
        with pytest.raises(MailUnavailable, match="cannot be reached"):
            silent.send(MAIL)
    with pytest.raises(MailUnavailable, match=f"127.0.0.1:{port} cannot be reached"):
        silent.send(MAIL)


def test_a_server_that_hangs_up() -> None:
    class _Rude(Inbox):
        async def handle_EHLO(  # noqa: N802
            self, server: SMTP, _session: Session, _envelope: Envelope, _name: str, responses: list[str]
        ) -> list[str]:
            assert server.transport is not None
            server.transport.close()
            await asyncio.sleep(0)
            return responses

    with mail_server(_Rude()) as port, pytest.raises(MailUnavailable):
        MailSender(_settings(port), {}).send(MAIL)


@pytest.mark.parametrize(
    "said",
    [
        "<shopper@example.org>: no such mailbox",
        "SHOPPER@EXAMPLE.ORG is over quota",
        "no shopper here, try other.shopper@example.org",
        "user <shopper>: unknown",
    ],
)
def test_no_refusal_keeps_whom_it_was_for(said: str) -> None:
    """What went wrong is kept for as long as a link is good; the address no longer than it is needed."""
    inbox = Inbox()
    inbox.rcpt_answers = [f"550 5.1.1 {said}"]
    with mail_server(inbox) as port, pytest.raises(MailRefused) as caught:
        MailSender(_settings(port), {}).send(msgspec.structs.replace(MAIL, to="Shopper@example.org"))
    assert "550" in str(caught.value)
    assert "shopper" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"subject": "a\nBcc: everybody@example.org"}, "header"),
        ({"subject": "a\r\n\r\n<b>"}, "header"),
        ({"to": "a@example.org\nBcc: b@example.org"}, "no address"),
        ({"to": "a@example.org, b@example.org"}, "no address"),
        ({"to": ""}, "no address"),
        ({"id": "x\nBcc: b@example.org"}, "header"),
        ({"language": "de\nBcc: b@example.org"}, "header"),
    ],
)
def test_no_header_can_be_slipped_in(change: dict[str, str], problem: str) -> None:
    inbox = Inbox()
    with mail_server(inbox) as port, pytest.raises(MailRefused, match=problem):
        MailSender(_settings(port), {}).send(msgspec.structs.replace(MAIL, **change))
    assert inbox.messages == []


@pytest.mark.parametrize(
    ("change", "environment", "problem"),
    [
        ({"host": ""}, {}, "mail.host"),
        ({"from_address": "no address"}, {}, "mail.from_address"),
        ({"from_address": "a@b.example\nBcc: c@d.example"}, {}, "mail.from_address"),
        ({"user": "shop", "security": "starttls"}, {}, "TILLFREE_MAIL_PASSWORD"),
        ({"user": "shop", "security": "none"}, {"TILLFREE_MAIL_PASSWORD": "x"}, "mail.security"),
    ],
)
def test_settings_that_cannot_work_are_said_at_once(
    change: dict[str, Any], environment: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConnectorError, match=problem):
        MailSender(_settings(25, **change), environment)


@pytest.mark.parametrize(
    "text",
    ["a@b.example", "first.last+tag@sub.b.example", "o'brien@example.ie", "a_b-c@xn--bcher-kva.example", "ü@b.example"],
)
def test_addresses_that_people_have(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a@b", "@b.example", "a@", "a b@c.example", "a@b.example ", "a@b..example", ".a@b.example",
        "a.@b.example", "a..b@c.example", "a@b.example\n", "a@b.example,c@d.example", "<a@b.example>", "a@@b.example",
        "a@b.example;c", '"a"@b.example', "a@[127.0.0.1]", "x" * 65 + "@b.example",
        "a@" + "b." * 130 + "example", "a\0@b.example",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)


@given(st.text(max_size=60))
def test_whatever_is_an_address_is_one_word_on_one_line(text: str) -> None:
    if is_address(text):
        assert text.isprintable()
        assert not any(letter.isspace() or letter in '<>,;:"()[]\\' for letter in text)
        assert text.count("@") == 1
