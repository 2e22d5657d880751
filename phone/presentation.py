"""The reasons of a message's state, as sentences for staff."""

from django.utils.translation import gettext as _


def reason_text(code: str) -> str:
    """Return what a reason means, or the code itself when it is the gateway's own word."""
    return {
        "": "",
        "no-phone": _("Aucun téléphone dans le dossier."),
        "opted-out": _("La personne ne veut plus de SMS."),
        "withdrawn": _("Devenu sans objet avant l’envoi."),
        "too-late": _("Trop tard pour être utile."),
        "worker-lost": _("L’envoi a été interrompu : peut-être parti, donc pas renvoyé."),
        "timeout": _("Pas de réponse à temps : peut-être parti, donc pas renvoyé."),
        "connection-lost": _("Liaison coupée : peut-être parti, donc pas renvoyé."),
        "no-report": _("Aucun accusé de l’opérateur en trois jours."),
        "no-connection": _("Pas de liaison avec l’opérateur : nouvel essai prévu."),
        "invalid-phone": _("Numéro refusé par l’opérateur."),
        "unsupported-number": _("Numéro d’un genre qui ne reçoit pas de SMS."),
        "blacklisted": _("La personne a bloqué nos SMS chez l’opérateur."),
        "no-route": _("L’opérateur ne sait pas joindre ce numéro."),
        "do-not-disturb": _("Numéro protégé contre les SMS."),
        "out-of-balance": _("Le compte SMS est épuisé : rechargez-le."),
        "invalid-sender": _("Le nom d’expéditeur n’est pas accepté."),
        "bad-key": _("La clé du compte SMS est refusée."),
        "DeliveryFailure": _("L’opérateur n’a pas pu remettre le message."),
    }.get(code, code)
