"""The notice in Spanish."""

from tillfree.store.palms.notice_wording import Wording

__all__ = ["SPANISH"]

SPANISH = Wording(
    language="es",
    what=(
        "Qué ocurre",
        (
            "Una cámara mira su mano abierta. De sus imágenes un programa calcula una plantilla de la palma: números "
            "que distinguen su palma de otras. Las imágenes se desechan enseguida; solo se conserva la plantilla, "
            "protegida de modo que de ella no se puede obtener ninguna imagen y que no dice nada en ninguna otra "
            "tienda.",
            "Se usa para los fines que usted marca, y para nada más: reconocerle aquí cuando pone la mano sobre un "
            "lector. No se vende, no se intercambia, no se da a nadie y no se usa para entrenar programas.",
        ),
    ),
    demo="Esto es una demostración: lo que guarda desaparece cuando termina.",
    how_long=(
        "Cuánto tiempo",
        (
            "Hasta que usted lo retire; si no, hasta que no haya usado su palma durante {inactive_days} días. "
            "Entonces la plantilla, lo que estaba vinculado a ella y la clave sin la que no se puede leer se "
            "destruyen, también en las copias, a más tardar en {policy_days} días. Que usted consintió y que se "
            "destruyó queda anotado bajo un número.",
        ),
    ),
    choice=(
        "Usted elige",
        (
            "No tiene que hacerlo. En su lugar puede usar, al mismo precio: {other_ways}.",
            "Puede retirar su consentimiento en cualquier momento, en una estación de la tienda solo con su mano o "
            "por el contacto de abajo; es tan fácil como inscribirse, y nada de lo que era lícito hasta entonces deja "
            "de serlo.",
        ),
    ),
    who="Quién responde",
    questions="Preguntas: {contact}.",
    other_ways="una tarjeta bancaria, un código de la aplicación o la ayuda del personal",
    authority="la autoridad de protección de datos del lugar donde vive o trabaja",
    policy="en la página /palm/policy de este servidor",
    gdpr=(
        "En la Unión Europea (RGPD)",
        (
            "La plantilla de una palma es un dato biométrico, de una categoría especial. {who} la trata solo porque "
            "usted consiente expresamente (art. 9, apartado 2, letra a). Con ella no se toma ninguna decisión sobre "
            "usted salvo si esta es su palma, y no sale de las máquinas de la tienda.",
            "Puede preguntar qué se conserva sobre usted y recibirlo en una forma que leen las máquinas, hacer que se "
            "rectifique o se suprima, y retirar su consentimiento. Puede presentar una reclamación ante la entidad "
            "siguiente: {authority}.",
        ),
    ),
    bipa=(
        "En Illinois (BIPA)",
        (
            "Con este texto {who} le informa por escrito de que se recoge y se conserva un identificador biométrico "
            "de su mano, para qué fines y durante cuánto tiempo. Al aceptar debajo da una autorización escrita, que "
            "puede ser electrónica.",
            "Se destruye cuando su fin se ha cumplido, o {inactive_days} días después de la última vez que lo usó, lo "
            "que ocurra primero, y en todo caso en tres años. Nadie se beneficia de él y no se revela a nadie. "
            "El calendario de conservación es público: {policy}.",
        ),
    ),
    cubi=(
        "En Texas (CUBI)",
        (
            "Antes de captar su mano, {who} le dice que es un identificador biométrico que se capta con un fin "
            "comercial, y la capta solo si usted acepta. No se vende, no se alquila y no se revela, y se guarda como "
            "los datos más confidenciales de la tienda. Se destruye en {policy_days} días después de cumplirse su "
            "fin, y cuando no lo ha usado durante {inactive_days} días; la ley permite un año.",
        ),
    ),
)
