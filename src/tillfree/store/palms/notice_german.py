"""The notice in German."""

from tillfree.store.palms.notice_wording import Wording

__all__ = ["GERMAN"]

GERMAN = Wording(
    language="de",
    what=(
        "Was geschieht",
        (
            "Eine Kamera sieht Ihre offene Hand. Aus ihren Bildern errechnet ein Programm eine Handflächen-Vorlage: "
            "Zahlen, die Ihre Handfläche von anderen unterscheiden. Die Bilder werden sofort verworfen; behalten wird "
            "nur die Vorlage, so geschützt, dass sich kein Bild daraus machen lässt und dass sie in keinem anderen "
            "Geschäft etwas aussagt.",
            "Sie dient den Zwecken, die Sie ankreuzen, und sonst keinem: Sie hier zu erkennen, wenn Sie die Hand über "
            "ein Lesegerät halten. Sie wird nicht verkauft, nicht gehandelt, niemandem gegeben und nicht zum Anlernen "
            "von Programmen benutzt.",
        ),
    ),
    demo="Dies ist eine Vorführung: Was sie behält, ist weg, wenn sie endet.",
    how_long=(
        "Wie lange",
        (
            "Bis Sie es zurücknehmen; sonst, bis Sie Ihre Handfläche {inactive_days} Tage lang nicht benutzt haben. "
            "Dann werden die Vorlage, was damit verknüpft war, und der Schlüssel, ohne den sie nicht lesbar ist, "
            "vernichtet, auch in Kopien, spätestens innerhalb von {policy_days} Tagen. Dass Sie eingewilligt haben "
            "und dass sie vernichtet wurde, bleibt unter einer Nummer vermerkt.",
        ),
    ),
    choice=(
        "Ihre Wahl",
        (
            "Sie müssen das nicht tun. Stattdessen können Sie Folgendes benutzen, zum selben Preis: {other_ways}.",
            "Sie können Ihre Einwilligung jederzeit zurücknehmen, an einer Station im Geschäft allein mit Ihrer Hand "
            "oder über den Kontakt unten; das ist so einfach wie das Anmelden, und nichts, was bis dahin rechtmäßig "
            "war, wird dadurch unrechtmäßig.",
        ),
    ),
    who="Wer dafür verantwortlich ist",
    questions="Fragen: {contact}.",
    other_ways="eine Bankkarte, einen Code der App oder die Hilfe des Personals",
    authority="der Datenschutzaufsicht an Ihrem Wohn- oder Arbeitsort",
    policy="auf der Seite /palm/policy dieses Servers",
    gdpr=(
        "In der Europäischen Union (DSGVO)",
        (
            "Die Vorlage einer Handfläche ist ein biometrisches Datum und gehört zu einer besonderen Kategorie. {who} "
            "verarbeitet sie nur, weil Sie ausdrücklich einwilligen (Art. 9 Abs. 2 Buchst. a). Keine Entscheidung "
            "über Sie wird damit getroffen außer der, ob dies Ihre Handfläche ist, und sie verlässt die Rechner des "
            "Geschäfts nicht.",
            "Sie können Auskunft verlangen, was über Sie gespeichert ist, es in maschinenlesbarer Form erhalten, es "
            "berichtigen oder löschen lassen und Ihre Einwilligung widerrufen. Beschweren können Sie sich bei "
            "{authority}.",
        ),
    ),
    bipa=(
        "In Illinois (BIPA)",
        (
            "Mit diesem Text teilt {who} Ihnen schriftlich mit, dass ein biometrisches Merkmal Ihrer Hand erhoben und "
            "gespeichert wird, zu welchen Zwecken und wie lange. Indem Sie darunter zustimmen, geben Sie eine "
            "schriftliche Freigabe, die auch elektronisch sein darf.",
            "Es wird vernichtet, wenn sein Zweck erfüllt ist oder {inactive_days} Tage nachdem Sie es zuletzt benutzt "
            "haben, je nachdem, was zuerst kommt, und in jedem Fall binnen drei Jahren danach. Niemand zieht "
            "Gewinn daraus, und niemandem wird es offengelegt. Der Plan der Aufbewahrung ist öffentlich: {policy}.",
        ),
    ),
    cubi=(
        "In Texas (CUBI)",
        (
            "Bevor Ihre Hand erfasst wird, sagt {who} Ihnen, dass sie ein biometrisches Merkmal ist, das zu einem "
            "geschäftlichen Zweck erfasst wird, und erfasst sie nur, wenn Sie einwilligen. Das Merkmal wird weder "
            "verkauft noch vermietet noch offengelegt und so gehütet wie die vertraulichsten Daten des Geschäfts. Es "
            "wird innerhalb von {policy_days} Tagen vernichtet, nachdem sein Zweck erfüllt ist, und wenn Sie es "
            "{inactive_days} Tage lang nicht benutzt haben; das Gesetz erlaubt ein Jahr.",
        ),
    ),
)
