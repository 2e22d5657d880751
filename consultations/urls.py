from django.urls import path

from consultations import views

urlpatterns = [
    path("vitals/<id:patient_id>/", views.vitals, name="vitals"),
    path("laboratory/", views.laboratory, name="laboratory"),
    path("new/<id:patient_id>/", views.new, name="consultation-new"),
    path("diagnoses/", views.diagnoses, name="diagnoses"),
    path("<id:consultation_id>/", views.show, name="consultation"),
    path("<id:consultation_id>/edit/", views.edit, name="consultation-edit"),
    path("<id:consultation_id>/finish/", views.finish, name="consultation-finish"),
    path("<id:consultation_id>/error/", views.error, name="consultation-error"),
]
