from django.urls import path

from patients import views

urlpatterns = [
    path("", views.search, name="patient-search"),
    path("new/", views.register, name="patient-register"),
    path("duplicates/", views.duplicates, name="patient-duplicates"),
    path("<id:patient_id>/", views.record, name="patient"),
    path("<id:patient_id>/identity/", views.edit, name="patient-edit"),
    path("<id:patient_id>/allergies/", views.allergy_add, name="allergy-add"),
    path(
        "<id:patient_id>/allergies/<slug:fact_id>/withdraw/",
        views.allergy_withdraw,
        name="allergy-withdraw",
    ),
    path("<id:patient_id>/conditions/", views.condition_add, name="condition-add"),
    path(
        "<id:patient_id>/conditions/<slug:fact_id>/end/", views.condition_end, name="condition-end"
    ),
    path(
        "<id:patient_id>/measurements/<id:observation_id>/withdraw/",
        views.measurement_withdraw,
        name="measurement-withdraw",
    ),
    path("<id:patient_id>/medicines/", views.medicine_add, name="medicine-add"),
    path("<id:patient_id>/medicines/<slug:fact_id>/end/", views.medicine_end, name="medicine-end"),
    path("<id:patient_id>/emergency/", views.emergency, name="emergency"),
    path("<id:patient_id>/seen-by/", views.seen_by, name="seen-by"),
]
