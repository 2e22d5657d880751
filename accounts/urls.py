from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("language/", views.language, name="language"),
    path("facility/", views.choose_facility, name="choose-facility"),
    path("held/", views.held_form, name="held-form"),
]
