"""Stand-ins of outside services, for the demo and the tests: a process of its own that shares no code with Carnet.

`python -m gateways` serves every module named in REGISTRY below its name: the module `gateways.africastalking`
answers what comes to `/africastalking/…`. A module has one function `answer(request) -> Response`, and may have
`start(address)`, called once when the server listens.
"""

REGISTRY: dict[str, str] = {
    "africastalking": "gateways.africastalking",
    "momo": "gateways.mobile_money_mtn",
    "orange": "gateways.mobile_money_orange",
    "daraja": "gateways.mobile_money_daraja",
    "dhis2": "gateways.dhis2",
}
