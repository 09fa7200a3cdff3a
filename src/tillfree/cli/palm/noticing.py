"""`tillfree palm notice`: what people read before they agree, for a counter, a letter or a page of the shop's own."""

import argparse

from tillfree.cli.terminal import TerminalError, refuse_overwriting, say, show, write_file
from tillfree.store.palms.notice import notices_of_store
from tillfree.store.settings import StoreSettings, load_settings

__all__ = ["run_notice"]


def run_notice(arguments: argparse.Namespace) -> int:
    """Prints the notice, or writes it to a file; which version it is, and in which language, is said beside it.

    Raises:
        NoticeError: the text of the shop's own cannot be read.
        SettingsError: the settings cannot be read.
        TerminalError: it is not there in that language.
    """
    settings = StoreSettings() if arguments.settings is None else load_settings(arguments.settings)
    notices = notices_of_store(settings.palm, settings.name)
    notice = notices.find(arguments.language) if arguments.language else notices.all[0]
    if notice is None:
        raise TerminalError(
            f"--language {arguments.language[:20]}: the notice is there in {', '.join(notices.languages)}; "
            "write palm.notice.text_file for another one"
        )
    if arguments.output is None:
        show(notice.text)
    else:
        if arguments.settings is not None:
            refuse_overwriting(arguments.output, arguments.settings)
        write_file(arguments.output, notice.text.encode())
    laws = ", ".join(notice.laws) or "none"
    say(f"tillfree: version {notice.version} of the notice, language {notice.language}, laws {laws}; no legal advice")
    return 0
