"""What people saw and did, in words: the actions of the audit log."""

from tillfree.web.texts import later

__all__ = ["ACTIONS"]

ACTIONS: dict[str, str] = {
    "alert.acknowledge": later("Acknowledged an alert"),
    "audit.export": later("Saved the audit log"),
    "audit.see": later("Looked at the audit log"),
    "catalogue.export": later("Saved the catalogue"),
    "catalogue.import": later("Imported products"),
    "catalogue.restore": later("Restored an earlier version"),
    "dispute.decide": later("Decided a dispute"),
    "evidence.see": later("Saw the evidence of a visit"),
    "labels.download": later("Saved decisions as labelled data"),
    "pace.change": later("Changed the speed"),
    "planogram.apply": later("Put the planogram in force"),
    "planogram.change": later("Changed the planogram"),
    "planogram.export": later("Saved the planogram"),
    "planogram.import": later("Imported the planogram"),
    "plate.calibrate": later("Calibrated a plate"),
    "plate.calibrate.begin": later("Began to calibrate a plate"),
    "plate.calibrate.end": later("Ended calibrating a plate"),
    "product.add": later("Added a product"),
    "product.change": later("Changed a product"),
    "product.remove": later("Removed a product"),
    "receipt.print refused": later("Could not print a receipt"),
    "report.export": later("Saved a report"),
    "restocking.start": later("Began to restock"),
    "restocking.end": later("Ended restocking"),
    "review.decide": later("Decided a case"),
    "sensor.break": later("Broke a sensor"),
    "sensor.mend": later("Mended a sensor"),
    "sign-in": later("Signed in"),
    "sign-in.refused": later("Was refused at signing in"),
    "sign-out": later("Signed out"),
    "stock.count": later("Counted"),
    "stock.fill": later("Filled up"),
    "user.add": later("Added somebody"),
    "user.password": later("Changed a password"),
    "user.password refused": later("Was refused a new password"),
    "user.remove": later("Removed somebody"),
    "user.role": later("Changed a role"),
    "visit.see": later("Saw a visit"),
    "visits.export": later("Saved the list of visits"),
}
"""Words for each action that is noted; one that is not here is shown as it is."""
