"""Every text that a shopper reads, by name. A language that misses one cannot be made."""

import msgspec

__all__ = ["Words"]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of one language; `{name}` stands for a value, and is the same in all languages.

    `code` is the language (ISO 639-1), `name` what it calls itself, `right_to_left` the direction of its writing.
    """

    code: str
    name: str
    right_to_left: bool = False

    # the receipt
    title: str
    receipt_number: str
    item: str
    quantity: str
    amount: str
    by_weight: str
    deposit: str
    fee: str
    nothing_taken: str
    net: str
    tax: str
    tax_included: str
    total: str
    prices_with_tax: str
    prices_without_tax: str
    refunded: str
    total_after_refunds: str
    simulated: str
    thanks: str
    scan: str

    # e-mail
    mail_subject: str
    mail_subject_refund: str
    mail_hello: str
    mail_refund: str
    mail_link: str
    mail_until: str
    mail_attached: str
    mail_why: str

    # the page behind the secret link
    language: str
    show: str
    save_pdf: str
    no_pdf: str
    keep_link: str
    something_wrong: str
    wrong_until: str
    wrong_over: str
    this_is_wrong: str
    really_took: str
    reason: str
    reason_not_taken: str
    reason_fewer: str
    reason_put_back: str
    reason_damaged: str
    reason_price: str
    reason_other: str
    note: str
    send: str
    back: str
    status_open: str
    status_rejected: str
    answer: str
    thanks_refunded: str
    thanks_open: str
    already: str
    fewer_please: str
    gone_title: str
    gone: str
    too_many: str

    # the screen at the exit, and the kiosk
    exit_title: str
    exit_wait: str
    exit_scan: str
    exit_scan_only: str
    exit_number: str
    kiosk_title: str
    kiosk_number: str
    kiosk_number_hint: str
    kiosk_email: str
    kiosk_send: str
    kiosk_sent: str
    kiosk_unknown: str
    kiosk_no_email: str
    kiosk_why: str
    kiosk_print: str
    kiosk_printed: str
    kiosk_no_printer: str
    kiosk_nothing: str
    another: str
