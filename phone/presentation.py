"""The reasons of a message's state, as sentences for staff."""

from decimal import Decimal

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


def cost_text(amount: Decimal | None, as_said: str) -> str:
    """Return what a message cost, without the gateway's zeros: `15 XAF`, `0.8 KES`."""
    if amount is None:
        return ""
    plain = f"{amount.normalize():f}"
    return f"{plain} {as_said.split(' ')[0]}"


def kind_text(kind: str) -> str:
    """Return what a kind of message is for, or the code itself."""
    return {
        "appointment-booked": _("Rendez-vous pris"),
        "appointment-changed": _("Rendez-vous déplacé"),
        "appointment-cancelled": _("Rendez-vous annulé"),
        "appointment-reminder-48h": _("Rappel de rendez-vous, deux jours avant"),
        "appointment-reminder-3h": _("Rappel de rendez-vous, trois heures avant"),
        "appointment-missed": _("Rendez-vous manqué"),
        "medicine-reminder": _("Heure d’une prise"),
        "prescription-ready": _("Ordonnance préparée"),
        "payment-request": _("Montant à régler"),
        "payment-link": _("Lien de paiement"),
        "payment-receipt": _("Paiement reçu"),
        "emergency-access": _("Dossier ouvert en urgence"),
        "visit-opinion": _("Avis sur une visite"),
        "reply-opinion": _("Réponse à un avis"),
        "free": _("Message libre"),
        "reply-confirmed": _("Réponse à une confirmation"),
        "reply-cancel-asked": _("Réponse à une demande d’annulation"),
        "reply-help": _("Réponse à un message non compris"),
        "reply-unknown": _("Réponse à un numéro inconnu"),
        "reply-reminders-stopped": _("Réponse à FIN"),
        "reply-welcome-back": _("Réponse à qui revient"),
        "pin-code": _("Code pour choisir un PIN"),
        "surveillance-alert": _("Alerte de surveillance"),
    }.get(kind, kind)


def language_name(code: str) -> str:
    """Return a language's own name."""
    return {"fr": "Français", "en": "English", "pcm": "Pidgin"}.get(code, code)
