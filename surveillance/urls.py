from django.urls import path

from surveillance.views import alerts, dhis2, figures, impact, places

urlpatterns = [
    path("", figures.statistics, name="statistics"),
    path("export.csv", figures.statistics_csv, name="statistics-csv"),
    path("map/", places.district_map, name="district-map"),
    path("impact/", impact.impact, name="impact"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<id:alert_id>/", alerts.alert_follow_up, name="alert-follow-up"),
    path("thresholds/", alerts.thresholds, name="thresholds"),
    path("dhis2/", dhis2.dhis2, name="dhis2"),
    path("dhis2/send/", dhis2.dhis2_send, name="dhis2-send"),
    path("dhis2/names/", dhis2.dhis2_names, name="dhis2-names"),
]
