"""What pages say of money that could not move, and how accounts are called."""

from django.utils.translation import gettext_lazy as _

PROBLEMS = {
    "amount": _(
        "Le montant doit être un nombre entier supérieur à zéro, et pas plus que ce qui est dû."
    ),
    "no-charge": _("Choisissez au moins une prestation à facturer."),
    "charge": _("Cette prestation a déjà été facturée ou retirée. Voici l’état actuel."),
    "no-price": _("Une prestation n’a pas de prix : indiquez-le d’abord."),
    "priced": _("Cette prestation a déjà un prix de la liste."),
    "payer": _("Cet organisme n’est pas (ou plus) payeur ici."),
    "transfer": _("Un virement avec cette référence est déjà enregistré."),
    "voucher": _("Cet organisme exige un numéro de bon."),
    "drawer-open": _("Votre caisse est déjà ouverte."),
    "drawer-closed": _("Cette caisse est déjà fermée."),
    "drawer": _("Cette caisse est celle d’une autre personne."),
    "no-drawer": _(
        "Ouvrez d’abord votre caisse : seule une personne qui tient une caisse encaisse des espèces."
    ),
    "drawer-short": _("Votre caisse ne contient pas assez d’espèces."),
    "explanation": _("Le comptage diffère de l’attendu : expliquez l’écart en quelques mots."),
    "too-much": _("C’est plus que ce qui reste dû."),
    "too-little": _("La somme remise est inférieure au montant."),
    "no-advance": _("L’avance du patient ne suffit pas."),
    "attempt-open": _(
        "Une demande de paiement est déjà en cours pour cette facture. Attendez sa réponse."
    ),
    "provider": _("Cet opérateur n’est pas disponible ici."),
    "no-phone": _("Ce patient n’a pas de téléphone, ou ne veut pas de SMS."),
    "paid": _("Cette facture est déjà payée."),
    "link": _("Ce lien n’est plus valable. Demandez-en un autre à la caisse."),
    "invoice": _("Cette facture appartient à une autre structure."),
    "waived": _("Une remise couvre ces prestations : annulez plutôt la facture entière."),
    "cancelled": _("Cette facture est déjà annulée."),
    "decide": _("Cette décision revient à une autre personne, ou a déjà été prise."),
    "reason": _("Donnez un motif."),
    "phone": _("Ce numéro n’est pas un téléphone mobile d’ici. Vérifiez-le."),
    "signed": _("Cette journée est déjà contresignée."),
    "file": _("Le fichier n’a pas les colonnes attendues : transaction, montant, date."),
}

REASONS = {
    "APPROVAL_REJECTED": _("refusé par le client"),
    "COULD_NOT_PERFORM_TRANSACTION": _("non validé par le client"),
    "NOT_ENOUGH_FUNDS": _("solde insuffisant"),
    "INTERNAL_PROCESSING_ERROR": _("refusé par l’opérateur, souvent faute de solde"),
    "PAYER_NOT_FOUND": _("ce numéro n’a pas de compte chez l’opérateur"),
    "PAYER_LIMIT_REACHED": _("plafond du client atteint"),
    "EXPIRED": _("délai dépassé"),
    "60019": _("solde insuffisant"),
    "00671": _("ce numéro n’a pas de compte chez l’opérateur"),
    "CANCELLED": _("refusé par le client"),
    "FAILED": _("refusé"),
    "1": _("solde insuffisant"),
    "1032": _("refusé par le client"),
    "1037": _("téléphone injoignable"),
    "1019": _("délai dépassé"),
    "2001": _("code PIN faux"),
    "17": _("même montant demandé deux fois en deux minutes"),
    "amount-differs": _("l’opérateur annonce un autre montant"),
    "currency-differs": _("l’opérateur annonce une autre monnaie"),
    "reference-differs": _("l’opérateur annonce une autre référence"),
    "no-reference": _("la réponse de l’opérateur s’est perdue"),
}

ACCOUNTS = {
    "cash": _("Caisses"),
    "safe": _("Coffre"),
    "bank": _("Banque"),
    "momo": "MTN MoMo",
    "orange": "Orange Money",
    "mpesa": "M-Pesa",
    "receivable": _("Dû par les patients"),
    "payer": _("Dû par les organismes"),
    "deposits": _("Avances des patients"),
    "revenue": _("Recettes"),
    "waivers": _("Remises accordées"),
    "differences": _("Écarts de caisse"),
}


def said(code: str) -> str:
    """Return the sentence of a refusal."""
    return str(PROBLEMS.get(code, _("Ce n’est pas possible maintenant. Voici l’état actuel.")))


def why(reason: str) -> str:
    """Return a provider's reason in words, or as it came."""
    return str(REASONS.get(reason, reason))
