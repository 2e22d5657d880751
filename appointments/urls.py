from django.urls import path

from appointments import views

urlpatterns = [
    path("", views.day, name="day"),
    path("book/<id:patient_id>/", views.book, name="book"),
    path("walk-in/<id:patient_id>/", views.walk_in, name="walk-in"),
    path("<id:appointment_id>/mark/", views.mark, name="appointment-mark"),
    path("<id:appointment_id>/cancel/", views.cancel, name="appointment-cancel"),
]
