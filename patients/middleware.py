"""A clinician without a relation to the patient is led to break-the-glass, whatever page they asked for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from patients.permissions import NotRelatedError

GetResponse = Callable[[HttpRequest], HttpResponse]


class EmergencyDoorMiddleware:
    """Answer NotRelatedError with the page that asks for the reason."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Lead to the door; any other error is none of this middleware's business."""
        if isinstance(error, NotRelatedError):
            return redirect("emergency", error.patient_id)
        return None
