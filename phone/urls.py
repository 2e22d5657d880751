from django.urls import path

from phone.views import callbacks, pages, texts

urlpatterns = [
    path("messages/", pages.day, name="messages"),
    path("messages/resume/", pages.resume_queue, name="messages-resume"),
    path("messages/texts/", texts.listing, name="message-texts"),
    path("messages/texts/<slug:kind>/<slug:language>/", texts.edit, name="message-text"),
    path("messages/desk/", pages.desk, name="phone-desk"),
    path("messages/desk/<id:item_id>/done/", pages.desk_done, name="phone-desk-done"),
    path("messages/<id:message_id>/again/", pages.send_again, name="message-again"),
    path("messages/of/<id:patient_id>/", pages.of_patient, name="patient-messages"),
    path("messages/of/<id:patient_id>/doses/", pages.dose_reminders, name="dose-reminders"),
    path("messages/pin/<id:patient_id>/", pages.set_pin, name="patient-pin"),
    path("phone/<str:secret>/delivery/", callbacks.delivery, name="phone-delivery"),
    path("phone/<str:secret>/incoming/", callbacks.incoming, name="phone-incoming"),
    path("phone/<str:secret>/optout/", callbacks.optout, name="phone-optout"),
    path("phone/<str:secret>/ussd/", callbacks.ussd_hop, name="phone-ussd"),
    path("phone/<str:secret>/ussd-end/", callbacks.ussd_end, name="phone-ussd-end"),
]
