"""Messages to other systems about what happened: signed, sent to public addresses only, within bounds."""
