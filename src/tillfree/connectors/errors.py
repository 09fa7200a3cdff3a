"""Errors of the ways to other systems.

The tree::

    TillfreeError
    └── ConnectorError                another system cannot be reached, or does not answer as it should
        ├── SignatureError            a call, a webhook or a notice that is not signed as it must be
        ├── NoticeError               a processor's notice that cannot be read (processors.notices)
        ├── TerminalError             a card terminal cannot be reached (terminals.taps)
        ├── EmvError                  data objects of a card that cannot be read (terminals.emv)
        ├── MailRefused               a mail server says no for good (mail)
        ├── MailUnavailable           a mail server cannot be asked now
        ├── PrinterUnavailable        a receipt printer cannot be reached (printing)
        ├── DoorError                 bits or frames of a door that cannot be read (doors)
        │   └── DoorLineError         the line to a door controller cannot be opened, or broke
        ├── RetailerRefused           the retailer's connector says no (retailer.errors)
        ├── RetailerUnavailable       it gives no answer, or says: later
        ├── CartError                 a priced cart that does not add up (retailer.priced_cart)
        └── ForbiddenAddressError     an address that no webhook is sent to (webhooks.addresses)
"""

from tillfree.core.errors import TillfreeError

__all__ = ["ConnectorError", "SignatureError"]


class ConnectorError(TillfreeError):
    """Another system, or the way to it, is at fault; says which, what, and what to do."""


class SignatureError(ConnectorError):
    """What came is not signed by whom we know, or too long ago; says why in words that are safe to send back."""
