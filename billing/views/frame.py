"""What all pages about money share: a refusal becomes a sentence on the page, never an error."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.permissions import Actor
from billing.actions.errors import BillingError
from billing.presentation import said
from billing.rules import AmountError
from clinic.converters import parse_id
from clinic.db import StaleDocumentError

Request = Any


def attempt_to(
    request: Request, act: Callable[[], Any], done: str, where: str, *arguments: Any
) -> HttpResponse:
    """Do something about money and go back to a page; a refusal is said there."""
    try:
        act()
    except BillingError as error:
        messages.error(request, said(error.code))
    except AmountError:
        messages.error(request, said("amount"))
    except StaleDocumentError:
        messages.error(request, _("Cela a changé entre-temps : voici l’état actuel."))
    else:
        if done:
            messages.success(request, done)
    return redirect(where, *arguments)


def form_id(request: Request) -> str:
    """Return the id of the form that was filled, or nothing."""
    return str(parse_id(request.POST.get("form_id")) or "")


def facility_of(actor: Actor) -> Any:
    """Return the facility of an actor who holds a permission in one."""
    return actor.facility
