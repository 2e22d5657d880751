from django.urls import path

from pharmacy.views import dispensing, knowledge, prescribing, public, reference

urlpatterns = [
    path("today/", prescribing.today, name="today"),
    path("consultations/<id:consultation_id>/prescribe/", prescribing.prescribe, name="prescribe"),
    path("prescriptions/check/<id:patient_id>/", prescribing.check, name="prescription-check"),
    path("prescriptions/medicines/", prescribing.medicines, name="medicine-suggestions"),
    path("prescriptions/<id:prescription_id>/", prescribing.show, name="prescription"),
    path("prescriptions/<id:prescription_id>/amend/", prescribing.amend, name="prescription-amend"),
    path(
        "prescriptions/<id:prescription_id>/cancel/", prescribing.cancel, name="prescription-cancel"
    ),
    path(
        "prescriptions/<id:prescription_id>/repeat/", prescribing.repeat, name="prescription-repeat"
    ),
    path(
        "prescriptions/<id:prescription_id>/print/", prescribing.printed, name="prescription-print"
    ),
    path(
        "prescriptions/<id:prescription_id>/lines/<id:line_id>/reason/",
        prescribing.give_reason,
        name="line-reason",
    ),
    path("pharmacy/", dispensing.dispensary, name="dispensary"),
    path("pharmacy/code/", dispensing.by_code, name="dispensing-by-code"),
    path("pharmacy/<id:prescription_id>/", dispensing.dispensing, name="dispensing"),
    path("pharmacy/<id:prescription_id>/ready/", dispensing.ready, name="prescription-ready"),
    path(
        "pharmacy/<id:prescription_id>/lines/<id:line_id>/dispense/",
        dispensing.dispense,
        name="dispense",
    ),
    path(
        "pharmacy/<id:prescription_id>/lines/<id:line_id>/bill/",
        dispensing.ask_payment,
        name="ask-payment",
    ),
    path(
        "pharmacy/<id:prescription_id>/lines/<id:line_id>/ask/", dispensing.ask, name="ask-doctor"
    ),
    path("medicines/", reference.search, name="medicine-reference"),
    path("knowledge/", knowledge.table, name="knowledge"),
    path("knowledge/review/", knowledge.review, name="knowledge-review"),
    path("knowledge/coverage/", knowledge.gaps, name="knowledge-coverage"),
    path("knowledge/alerts/", knowledge.alerts, name="knowledge-alerts"),
    path("knowledge/facility/", knowledge.facility_rules, name="facility-rules"),
    path(
        "knowledge/facility/<id:facility_rule_id>/retire/",
        knowledge.retire,
        name="facility-rule-retire",
    ),
    path("knowledge/rules/<str:rule_id>/", knowledge.rule, name="knowledge-rule"),
    path("knowledge/rules/<str:rule_id>/raise/", knowledge.raise_rule, name="rule-raise"),
    path("verify/", public.verify, name="verify"),
    path("verify/<str:code>/", public.verify, name="verify-code"),
]
