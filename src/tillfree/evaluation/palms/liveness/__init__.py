"""How well living hands are told from instruments, in the terms of ISO/IEC 30107-3, with bounds."""
