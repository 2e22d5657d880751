from django.urls import path

from surveillance import views

urlpatterns = [
    path("", views.statistics, name="statistics"),
    path("export.csv", views.statistics_csv, name="statistics-csv"),
]
