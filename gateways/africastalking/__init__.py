"""A stand-in of Africa's Talking: SMS, delivery reports, incoming SMS, USSD, balance, and a phone to look at.

Its wire formats are those of the real service. What happens to a message is decided by the number, so that a
test or a person at the simulator can ask for it: the last six digits `900` and

    401 402 403 404 405 406 407 409 500 501 502   refused in the answer with that statusCode
    601   accepted, and the connection dropped before the answer
    602   accepted, and answered after 20 s
    603   201 with an empty list of recipients and `InvalidSenderId`
    604   HTTP 503, nothing accepted
    605   accepted, answered with HTTP 500 in plain text
    606   accepted, answered as `application/json; charset=utf-8`
    701   never a delivery report
    702   every report twice
    703   reports out of order: Success before Submitted
    704   Failed, DeliveryFailure
    705   the report comes 30 s late
    706   the report comes before the answer
    707   an opt-out notice follows
Any other number is accepted and reported as delivered. `_control/faults` adds chance for soak tests.

Not from a phone, but for the tests: `_control/…` (see `control`). For people: `/simulator`.
"""

from gateways.africastalking.routes import answer, start

__all__ = ["answer", "start"]
