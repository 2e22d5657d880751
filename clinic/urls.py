"""All addresses. Each view declares the permission it needs; a test fails for one that does not."""

from django.contrib import admin
from django.urls import include, path

import clinic.converters  # noqa: F401 (registers <id:…>)
from clinic import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("patients/", include("patients.urls")),
    path("appointments/", include("appointments.urls")),
    path("consultations/", include("consultations.urls")),
    path("", include("pharmacy.urls")),
    path("", include("billing.urls")),
    path("", include("phone.urls")),
    path("statistics/", include("surveillance.urls")),
    path("api/v1/", include("clinic.api.urls")),
]
handler400 = "clinic.views.bad_request"
handler403 = "clinic.views.forbidden"
handler404 = "clinic.views.not_found"
handler500 = "clinic.views.server_error"
