from django.urls import path

from billing.views import calls, closing, desk, invoices, links, lists

urlpatterns = [
    path("billing/", desk.desk, name="billing"),
    path("billing/patient/<id:patient_id>/", desk.bill, name="bill"),
    path("billing/patient/<id:patient_id>/charge/", desk.charge_add, name="charge-add"),
    path("billing/patient/<id:patient_id>/deposit/", desk.deposit, name="deposit"),
    path("billing/patient/<id:patient_id>/refund/", desk.refund_ask, name="refund-ask"),
    path("billing/charge/<id:charge_id>/price/", desk.charge_price, name="charge-price"),
    path("billing/charge/<id:charge_id>/cancel/", desk.charge_cancel, name="charge-cancel"),
    path("billing/refund/<id:refund_id>/pay/", desk.refund_pay, name="refund-pay"),
    path("billing/drawer/", desk.drawer, name="drawer"),
    path("billing/drawer/close/", desk.drawer_close, name="drawer-close"),
    path("billing/invoice/<id:invoice_id>/", invoices.invoice, name="invoice"),
    path("billing/invoice/<id:invoice_id>/attempts/", invoices.attempts, name="invoice-attempts"),
    path("billing/invoice/<id:invoice_id>/cash/", invoices.pay_cash, name="invoice-cash"),
    path("billing/invoice/<id:invoice_id>/phone/", invoices.pay_phone, name="invoice-phone"),
    path("billing/invoice/<id:invoice_id>/link/", links.send, name="invoice-link"),
    path("billing/invoice/<id:invoice_id>/advance/", invoices.pay_advance, name="invoice-advance"),
    path("billing/invoice/<id:invoice_id>/waiver/", invoices.waiver_ask, name="waiver-ask"),
    path("billing/invoice/<id:invoice_id>/credit/", invoices.credit, name="invoice-credit"),
    path(
        "billing/invoice/<id:invoice_id>/credit/lines/",
        invoices.credit_some,
        name="invoice-credit-lines",
    ),
    path("billing/invoice/<id:invoice_id>/print/", invoices.invoice_print, name="invoice-print"),
    path("billing/receipt/<id:payment_id>/", invoices.receipt, name="receipt"),
    path("billing/day/", closing.day, name="billing-day"),
    path("billing/day/prepare/", closing.prepare, name="day-prepare"),
    path("billing/day/sign/", closing.sign, name="day-sign"),
    path("billing/day/statement/", closing.statement, name="day-statement"),
    path("billing/waiver/<id:waiver_id>/decide/", closing.waiver_decide, name="waiver-decide"),
    path("billing/refund/<id:refund_id>/decide/", closing.refund_decide, name="refund-decide"),
    path(
        "billing/attempt/<id:attempt_id>/resolve/", closing.attempt_resolve, name="attempt-resolve"
    ),
    path("billing/prices/", lists.prices, name="prices"),
    path("billing/payers/", lists.payers, name="payers"),
    path("billing/payers/<id:payer_id>/paid/", lists.claim_paid, name="claim-paid"),
    path("billing/payers/<id:payer_id>/claims/", lists.claims, name="claims"),
    path("receipts/<slug:code>/", invoices.verify, name="receipt-verify"),
    path("p/<slug:code>/", links.pay, name="pay-link"),
    path("in/pay/<slug:token>/", calls.provider_call, name="provider-call"),
    path("paid/<slug:token>/", calls.payment_return, name="payment-return"),
]
