from django.urls import path

from surveillance.views import alerts, figures, impact

urlpatterns = [
    path("", figures.statistics, name="statistics"),
    path("export.csv", figures.statistics_csv, name="statistics-csv"),
    path("impact/", impact.impact, name="impact"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<id:alert_id>/", alerts.alert_follow_up, name="alert-follow-up"),
    path("thresholds/", alerts.thresholds, name="thresholds"),
]
