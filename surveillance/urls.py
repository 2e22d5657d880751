from django.urls import path

from surveillance import views

urlpatterns = [
    path("", views.statistics, name="statistics"),
    path("export.csv", views.statistics_csv, name="statistics-csv"),
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/<id:alert_id>/", views.alert_follow_up, name="alert-follow-up"),
    path("thresholds/", views.thresholds, name="thresholds"),
]
