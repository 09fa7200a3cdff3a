"""The notice in French."""

from tillfree.store.palms.notice_wording import Wording

__all__ = ["FRENCH"]

FRENCH = Wording(
    language="fr",
    what=(
        "Ce qui se passe",
        (
            "Une caméra regarde votre main ouverte. De ses images, un programme calcule un gabarit de votre paume : "
            "des nombres qui la distinguent des autres. Les images sont jetées aussitôt ; seul le gabarit est "
            "conservé, protégé de sorte qu'aucune image ne peut en être tirée et qu'il ne dit rien dans un autre "
            "magasin.",
            "Il sert aux fins que vous cochez, et à rien d'autre : vous reconnaître ici quand vous tenez la main "
            "au-dessus d'un lecteur. Il n'est ni vendu, ni échangé, ni donné à quiconque, et n'entraîne aucun "
            "programme.",
        ),
    ),
    demo="Ceci est une démonstration : ce qu'elle conserve disparaît quand elle se termine.",
    how_long=(
        "Combien de temps",
        (
            "Jusqu'à ce que vous retiriez votre accord ; sinon, jusqu'à ce que vous n'ayez pas utilisé votre paume "
            "pendant {inactive_days} jours. Alors le gabarit, ce qui y était lié et la clé sans laquelle il est "
            "illisible sont détruits, dans les copies aussi, au plus tard en {policy_days} jours. Que vous ayez donné "
            "votre accord et qu'il ait été détruit reste noté sous un numéro.",
        ),
    ),
    choice=(
        "Votre choix",
        (
            "Rien ne vous y oblige. Vous pouvez utiliser à la place, au même prix : {other_ways}.",
            "Vous pouvez retirer votre accord à tout moment, à une borne du magasin avec votre seule main ou par le "
            "contact ci-dessous ; c'est aussi simple que de s'inscrire, et rien de ce qui était licite jusque-là ne "
            "cesse de l'être.",
        ),
    ),
    who="Qui en répond",
    questions="Questions : {contact}.",
    other_ways="une carte bancaire, un code de l'application ou l'aide du personnel",
    authority="l'autorité de protection des données de votre lieu de résidence ou de travail",
    policy="à la page /palm/policy de ce serveur",
    gdpr=(
        "Dans l'Union européenne (RGPD)",
        (
            "Le gabarit d'une paume est une donnée biométrique, d'une catégorie particulière. {who} ne le traite que "
            "parce que vous donnez votre consentement explicite (art. 9, paragraphe 2, point a). Aucune décision à "
            "votre sujet n'en dépend, sinon celle de savoir si c'est votre paume, et il ne quitte pas les machines du "
            "magasin.",
            "Vous pouvez demander ce qui est conservé sur vous et le recevoir sous une forme lisible par machine, le "
            "faire rectifier ou effacer, et retirer votre consentement. Vous pouvez adresser une réclamation à "
            "l'organisme suivant : {authority}.",
        ),
    ),
    bipa=(
        "En Illinois (BIPA)",
        (
            "Par ce texte, {who} vous informe par écrit qu'un identifiant biométrique de votre main est recueilli et "
            "conservé, à quelles fins et pendant combien de temps. En donnant votre accord au-dessous, vous accordez "
            "une autorisation écrite, qui peut être électronique.",
            "Il est détruit quand sa fin est atteinte, ou {inactive_days} jours après que vous l'avez utilisé pour la "
            "dernière fois, selon ce qui vient en premier, et en tout cas dans les trois ans. Personne n'en tire "
            "profit et il n'est divulgué à personne. Le calendrier de conservation est public : {policy}.",
        ),
    ),
    cubi=(
        "Au Texas (CUBI)",
        (
            "Avant de saisir votre main, {who} vous dit que c'est un identifiant biométrique saisi à une fin "
            "commerciale, et ne la saisit que si vous êtes d'accord. Il n'est ni vendu, ni loué, ni divulgué, et il "
            "est gardé comme les données les plus confidentielles du magasin. Il est détruit dans les {policy_days} "
            "jours après que sa fin est atteinte, et quand vous ne l'avez pas utilisé pendant {inactive_days} jours ; "
            "la loi permet un an.",
        ),
    ),
)
